"""The contract of a support answer, built in."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from hybrid.contract.slots import Claim, Phrase, Quote


class SupportReply(BaseModel):
    """An opening in the house's voice, the facts, and a closing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: ClassVar[str] = """\
{% if opening %}{{ opening }}

{% endif %}{% for fact in evidence %}{{ fact }}
{% endfor %}{% if closing %}
{{ closing }}{% endif %}"""

    status: Literal["answered", "refused", "clarify"]
    """What became of the question."""

    opening: Annotated[str, Phrase(max_chars=120)]
    """Words before the facts; may be empty."""

    evidence: Annotated[tuple[Quote | Claim, ...], Field(max_length=4)]
    """The facts."""

    closing: Annotated[str, Phrase(max_chars=120)]
    """Words after the facts; may be empty."""
