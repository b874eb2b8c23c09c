"""The values a check asks with: questions, who asks them and what they must and must not find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hybrid.types import ANONYMOUS, Principal


@dataclass(frozen=True, kw_only=True)
class Target:
    """A document that answers a question, and where in it the answer stands if the golden row says so."""

    document_id: str
    """``source:path``."""

    grade: int = 1
    """Relevance, at least 1; larger grades weigh more in nDCG."""

    lines: tuple[int, int] | None = None
    """First and last line of the answer in the original file, 1-based and inclusive."""

    quote: str | None = None
    """Words of the answer as the document has them; blanks and line breaks do not matter."""

    @property
    def is_placed(self) -> bool:
        """Whether the row says where in the document the answer stands."""
        return self.lines is not None or self.quote is not None


@dataclass(frozen=True, kw_only=True)
class Question:
    """One golden question with its ground truth."""

    id: str
    """Unique within its file."""

    text: str
    """What is asked."""

    place: str
    """``file:line`` it was read from, for messages."""

    principal: Principal = ANONYMOUS
    """Who asks."""

    answerable: bool = True
    """Whether the principal's documents answer it; if not, the right answer is a refusal."""

    targets: tuple[Target, ...] = ()
    """What answers it; empty only where it is not answerable."""

    forbidden: tuple[str, ...] = ()
    """Ids of documents that this principal must not see."""

    tags: tuple[str, ...] = ()
    """Names under which the report groups questions."""

    @cached_property
    def relevant(self) -> Mapping[str, int]:
        """Grade by document id; the highest one where several targets lie in one document."""
        grades: dict[str, int] = {}
        for target in self.targets:
            grades[target.document_id] = max(target.grade, grades.get(target.document_id, 0))
        return grades


@dataclass(frozen=True, kw_only=True)
class GoldenSet:
    """All questions of one check."""

    name: str
    """Name of the file they came from, shown in reports."""

    questions: tuple[Question, ...]
    """In file order, ids distinct."""

    left_out: int = 0
    """Queries without a relevant document that the caller chose to leave out."""


def principal_name(principal: Principal) -> str:
    """Return how reports name a principal.

    Example:
        >>> principal_name(Principal(user="ana", groups=frozenset({"legal", "staff"})))
        'ana (legal, staff)'
    """
    groups = ", ".join(sorted(principal.groups))
    user = principal.user or ("anyone" if groups else "anonymous")
    name = f"{user} ({groups})" if groups else user
    return f"{name} of {principal.tenant}" if principal.tenant else name
