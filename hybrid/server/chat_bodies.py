"""OpenAI's chat completions, as far as an answer from documents can be one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hybrid.server.faults import BadRequest
from hybrid.server.related import RelatedBody
from hybrid.server.wire import CitationBody, PassageBody, Text
from hybrid.types import AnswerStatus

_EARLIER = 10


class TextPart(BaseModel):
    """A piece of a message."""

    type: Literal["text"]
    """Pictures and sound are not read."""

    text: Text
    """The piece."""


class Message(BaseModel):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    """Who said it. Only what the user said is read."""

    content: Text | list[TextPart] | None = None
    """What was said."""

    @property
    def text(self) -> str:
        """What was said, in one piece."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: bool = False
    """Whether the last chunk tells the tokens."""


class ChatRequest(BaseModel):
    """A conversation whose last message is the question.

    Unknown fields are passed over, as OpenAI-compatible servers do. How the model speaks is the operator's business:
    messages of the system, temperature, tools and formats do not reach it.
    """

    messages: Annotated[list[Message], Field(min_length=1)]
    """The conversation so far; the last message must be the user's."""

    model: Text = "hybrid"
    """A name that /v1/models lists."""

    stream: bool = False
    """Whether the answer is sent while it is made."""

    stream_options: StreamOptions | None = None
    """How the stream ends."""

    n: Literal[1] = 1
    """There is one answer."""

    def question(self) -> tuple[str, tuple[str, ...]]:
        """Return the question, and the user's earlier ones, oldest first.

        Raises:
            BadRequest: The last message is not the user's, or says nothing.
        """
        last = self.messages[-1]
        if last.role != "user" or not last.text.strip():
            raise BadRequest("the last message must be a question of the user", param="messages")
        said = [message.text for message in self.messages[:-1] if message.role == "user"]
        return last.text, tuple(text for text in said if text.strip())[-_EARLIER:]


class Usage(BaseModel):
    """Tokens read and written; 0 where the model has none."""

    prompt_tokens: int = 0
    """Tokens read."""

    completion_tokens: int = 0
    """Tokens written."""

    total_tokens: int = 0
    """Both."""


class AnswerMessage(BaseModel):
    """The answer as a message."""

    role: Literal["assistant"] = "assistant"
    """The answer's."""

    content: str
    """Text with ``[n]`` markers, each of which has a citation."""


class Choice(BaseModel):
    """The answer."""

    index: Literal[0] = 0
    """There is one answer."""

    message: AnswerMessage
    """The answer as a message."""

    finish_reason: Literal["stop"] = "stop"
    """Answers are never cut."""


class Extras(BaseModel):
    """What an answer from documents has beside OpenAI's fields."""

    status: AnswerStatus | None = None
    """``answered``, ``refused`` or ``clarify``."""

    adapter: str | None = None
    """Adapter that the model spoke with."""

    citations: list[CitationBody] = []
    """One for each marker."""

    passages: list[PassageBody] = []
    """On a refusal, the closest passages that may be read."""

    related: list[RelatedBody] = []
    """Headings of cited documents that may be asked about next."""

    trace_id: str = ""
    """What the answer is called in feedback and in the server's logs."""


class ChatAnswer(Extras):
    """A whole answer."""

    id: str
    """Names the answer."""

    object: Literal["chat.completion"] = "chat.completion"
    """OpenAI's name of the shape."""

    created: int
    """When, in seconds since 1970."""

    model: str
    """Name and version of the model that answered."""

    choices: list[Choice]
    """The answer."""

    usage: Usage
    """Tokens read and written."""


class Delta(BaseModel):
    """What is new in a message."""

    role: Literal["assistant"] | None = None
    """In the first chunk."""

    content: str | None = None
    """The next piece of text."""


class ChunkChoice(BaseModel):
    """What is new in the answer."""

    index: Literal[0] = 0
    """There is one answer."""

    delta: Delta
    """What is new."""

    finish_reason: Literal["stop"] | None = None
    """In the last chunk."""


class ChatChunk(Extras):
    """A piece of an answer: citations come before the text that names them, status and passages at the end."""

    id: str
    """Names the answer."""

    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    """OpenAI's name of the shape."""

    created: int
    """When, in seconds since 1970."""

    model: str
    """What was asked for; in the last chunk name and version of the model that answered."""

    choices: list[ChunkChoice]
    """What is new."""

    replaces: bool = False
    """Whether all text before this chunk was taken back; a client that cannot do so shows the words that say it."""

    usage: Usage | None = None
    """Tokens, in a last chunk without choices, where asked for."""
