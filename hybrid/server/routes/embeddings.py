"""``POST /v1/embeddings``: vectors by the index's own embedder."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints

from hybrid.server.answers import documented
from hybrid.server.chat_bodies import Usage
from hybrid.server.faults import NotFound
from hybrid.server.guards import Shared, Signed, Working, unless_gone
from hybrid.server.wire import MAX_QUESTION, Text

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

router = APIRouter(tags=["OpenAI"])

NAME = "hybrid-embedding"
"""What the embedder is called in requests."""

_Text = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_QUESTION)]


class EmbeddingRequest(BaseModel):
    """Texts to embed."""

    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=64)]
    """One text, or up to 64."""

    model: Annotated[Text, Field(examples=[NAME])] = NAME
    """``hybrid-embedding``."""

    encoding_format: Literal["float", "base64"] = "float"
    """Numbers, or their little-endian 32-bit floats in base64."""


class EmbeddingBody(BaseModel):
    """One vector."""

    object: Literal["embedding"] = "embedding"
    """OpenAI's name of the shape."""

    index: int
    """Which text."""

    embedding: list[float] | str
    """The vector, of length one."""


class EmbeddingList(BaseModel):
    """The vectors in the order of the texts."""

    object: Literal["list"] = "list"
    """OpenAI's name of the shape."""

    data: list[EmbeddingBody]
    """The vectors."""

    model: str
    """``hybrid-embedding``."""

    usage: Usage
    """The embedder does not count tokens."""


@router.post("/v1/embeddings", responses=documented(404, 504))
async def embeddings(
    request: Request, body: EmbeddingRequest, _: Signed, services: Shared, slot: Working
) -> EmbeddingList:
    """Embed texts as the index embeds documents."""
    if body.model != NAME:
        raise NotFound(f"there is no such embedding model; ask for {NAME}", param="model")
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await unless_gone(request, slot.run(lambda: services.pipeline.knowledge.embed(texts)))
    data = [EmbeddingBody(index=n, embedding=each) for n, each in enumerate(_encoded(vectors, body.encoding_format))]
    return EmbeddingList(data=data, model=NAME, usage=Usage())


def _encoded(vectors: Vectors, encoding: str) -> list[list[float]] | list[str]:
    if encoding == "float":
        return vectors.tolist()
    return [base64.b64encode(row.astype("<f4").tobytes()).decode("ascii") for row in vectors]
