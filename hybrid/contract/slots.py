"""The slots of a contract: where a fact may stand, and where only a voice may."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_CLAIM = 300
"""Characters of a claim."""

MAX_CITED = 3
"""Evidence ids of a claim."""

# A word may hold apostrophes and hyphens, and ends with at most one sign; so neither digits nor addresses, tags, links,
# emphasis or code can be spelled. A letter never follows a full stop, so "example.com" cannot either.
_WORD = r"\p{L}\p{M}*(?:['’\-]?\p{L}\p{M}*)*[,.;:!?]?"
PHRASE_PATTERN = rf"(?:{_WORD}(?: {_WORD})*)?"
"""What a phrase may look like, for grammars that know Unicode classes."""

_PHRASE = re.compile(
    PHRASE_PATTERN.replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{M}*", "[\u0300-\u036f\u0483-\u0489\u064b-\u065f]*")
)


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Marks a string field as the adapter's voice: a greeting, a bridge, a closing.

    A phrase may carry no facts: no digits, addresses or markup, by grammar and by check.

    Example:
        >>> from typing import Annotated
        >>> Opening = Annotated[str, Phrase(max_chars=80)]
    """

    max_chars: int
    """Longest phrase, in characters."""

    def allows(self, text: str) -> bool:
        """Return whether a text is such a phrase."""
        return len(text) <= self.max_chars and _PHRASE.fullmatch(text) is not None


class Quote(BaseModel):
    """Evidence in its own words: a model gives the id, the runtime puts in the text.

    What a model sends for a quote is the id alone; anything else is refused, so a text can never come from a model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Evidence id, such as ``E3``."""

    text: str = ""
    """Verbatim text of the evidence; empty until the runtime has filled it in."""

    head: str = ""
    """Where the evidence is a row of a table: the row of names above it, read from the same document."""

    marker: int = 0
    """Number of its citation; 0 until the runtime has verified it."""

    @model_validator(mode="before")
    @classmethod
    def _only_an_id(cls, given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("a quote is given as an evidence id, and nothing else")
        return {"id": given}


class Claim(BaseModel):
    """One sentence in the model's words, and the evidence it rests on; checked against it before it leaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_CLAIM)
    """The sentence."""

    evidence: tuple[str, ...] = Field(min_length=1, max_length=MAX_CITED)
    """Evidence ids."""

    markers: tuple[int, ...] = ()
    """Numbers of its citations; empty until the runtime has verified them."""

    @model_validator(mode="before")
    @classmethod
    def _without_markers(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "markers" in given:
            raise ValueError("markers are given by the runtime")
        # Strict validation, by which "1" does not pass for 1, admits no list for a tuple behind a validator.
        fields = cast("dict[str, Any]", given)
        if isinstance(given, dict) and isinstance(ids := fields.get("evidence"), list):
            return {**fields, "evidence": tuple(cast("list[Any]", ids))}
        return cast(Any, given)
