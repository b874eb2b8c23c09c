"""The manifest: everything that an adapter was made for and from, so that it is used with nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from hybrid.errors import ModelFilesError

MANIFEST = "manifest.json"
"""Name of the manifest's file within a version."""

_LARGEST = 4 * 2**20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$")]
"""Small letters, digits, full stops, dashes and underscores: a folder's name on every system."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BoundBase(_Record):
    """The model whose weights an adapter adds to."""

    name: str
    """What it is called: a name of the Hugging Face Hub, or the name of a folder."""

    weights_sha256: Sha256
    """Over the safetensors files and how they are quantised."""

    quantization: str
    """How the weights were held while the adapter was proved: ``nf4``, ``bf16`` or ``fp32``."""


class BoundContract(_Record):
    """The contract whose replies an adapter was taught."""

    name: str
    """Name of the class."""

    hash: Sha256
    """``Contract.hash``."""


class Dataset(_Record):
    """What an adapter was trained on."""

    version: str | None
    """Content hash of the rows, as ``hybrid data version`` says it; None where nobody took it."""

    examples: str | None = None
    """Content hash of the examples that the rows were built of."""

    rows: int
    """Number of rows."""

    approved: int
    """How many of them a person approved."""

    eras: Mapping[str, int] = {}
    """Rows by policy era."""

    reviewers: tuple[str, ...] = ()
    """Who approved rows."""

    sources: Mapping[str, int] = {}
    """Rows by where they come from."""

    distilled: bool = False
    """Whether the instructions were left out of the rows, so that the weights carry them."""


class Proof(_Record):
    """What a fixed prompt brings about with the adapter and without, so that its effect can be proved after loading."""

    reply: tuple[int, ...]
    """Token ids that the adapted model wrote after the prompt, each the likeliest."""

    candidates: tuple[tuple[int, ...], ...]
    """For each of them, the token ids whose logits are kept."""

    base: tuple[tuple[float, ...], ...]
    """Logits of the candidates without the adapter."""

    adapted: tuple[tuple[float, ...], ...]
    """Logits of the candidates with it."""


class Manifest(_Record):
    """What an adapter is, what it fits, how it was made and what it is worth.

    A manifest binds, it does not sign: whoever may write the folder may write the manifest. Keep a registry where only
    those can write who may decide how the model speaks.
    """

    name: Name
    """Name within the registry."""

    version: PositiveInt = 1
    """Number within the registry, which the registry gives."""

    kind: Literal["voice", "ranker"] = "voice"
    """``voice`` makes a language model reply by a contract; ``ranker`` makes an embedding model judge evidence."""

    base: BoundBase
    """The model it was trained on."""

    tokenizer_sha256: Sha256
    """Of the base's ``tokenizer.json``."""

    chat_template_sha256: Sha256 | None = None
    """Of the base's chat template; None where there is none."""

    prompt_sha256: Sha256 | None = None
    """Of a fixed request's token ids: rules, evidence lines and template as they were in training."""

    contract: BoundContract | None = None
    """What replies look like."""

    instructions: str = ""
    """What it was taught to read after the rules of the prompt."""

    weights_sha256: Sha256
    """Of ``adapter_model.safetensors``."""

    drafts_sha256: Sha256 | None = None
    """Of ``drafts.json``, the replies it was taught; None where they are not bound, and nothing is held to them."""

    config_sha256: Sha256
    """Of ``adapter_config.json`` without what differs between equal runs."""

    dataset: Dataset
    """What it was trained on."""

    recipe: Mapping[str, Any]
    """Settings of the training."""

    libraries: Mapping[str, str]
    """Versions of the libraries that trained it."""

    seed: int
    """Seed of the training."""

    license: str | None = None
    """SPDX identifier; None where nobody said."""

    evaluation: Mapping[str, Any] | None = None
    """Held-out figures; None until it was measured."""

    override: str | None = None
    """Why it was trained although ``hybrid advise`` was against it; None where it was not."""

    proof: Proof | None = None
    """What proves the effect of a voice."""

    created: datetime
    """When it was bound."""

    @property
    def label(self) -> str:
        """Name and version, such as ``support-voice@3``."""
        return f"{self.name}@{self.version}"

    def to_json(self) -> str:
        """Return the text of the manifest's file."""
        return self.model_dump_json(indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a version's folder.

    Raises:
        ModelFilesError: It is absent, too large or no manifest; the message names the field.
    """
    file = folder / MANIFEST
    try:
        if file.stat().st_size > _LARGEST:
            raise ModelFilesError(f"{file} is larger than any manifest is; train the adapter anew")
        return Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise ModelFilesError(
            f"{file} is missing, so nothing says what this adapter fits; train it with hybrid adapter train"
        ) from None
    except OSError as error:
        raise ModelFilesError(f"{file} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ModelFilesError(
            f"{file} is no manifest: {where}: {first['msg'].lower()}; train the adapter anew"
        ) from None
