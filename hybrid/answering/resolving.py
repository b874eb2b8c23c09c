"""From evidence ids to verified citations: the only way in which a fact gets into an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from hybrid.claims.judgement import ClaimJudge
from hybrid.contract import Claim, Contract, Phrase, Quote
from hybrid.contract.slots import MAX_CLAIM
from hybrid.evidence.reading import plain
from hybrid.protocols import Knowledge
from hybrid.types import Citation, Evidence, Principal, SlotCheck
from hybrid.verify import verified


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A reply with its facts filled in."""

    reply: BaseModel
    """Every quote has its text, every marker its citation; what could not be verified is gone."""

    citations: tuple[Citation, ...]
    """By marker, all verified."""

    checks: tuple[SlotCheck, ...]
    """What became of each slot, in order."""


def resolve(
    contract: Contract[Any],
    reply: BaseModel,
    evidence: Sequence[Evidence],
    *,
    knowledge: Knowledge,
    principal: Principal,
    judge: ClaimJudge,
) -> Resolved:
    """Return the reply with verbatim quotes, judged claims and numbered citations.

    Args:
        contract: What the reply was made against.
        reply: As the model gave it.
        evidence: What the model was shown.
        knowledge: Re-reads each cited span.
        principal: On whose behalf.
        judge: Compares claims with what they cite.
    """
    resolver = _Resolver(evidence, knowledge, principal, judge)
    rebuilt = contract.rebuilt(reply, resolver)
    return Resolved(reply=rebuilt, citations=tuple(resolver.citations.values()), checks=tuple(resolver.checks))


class _Resolver:
    """Visits the slots of one reply, numbering citations as they come up."""

    def __init__(
        self, evidence: Sequence[Evidence], knowledge: Knowledge, principal: Principal, judge: ClaimJudge
    ) -> None:
        self._evidence = {unit.id: unit for unit in evidence}
        self._knowledge = knowledge
        self._principal = principal
        self._judge = judge
        self._heads: dict[str, str] = {}
        self.citations: dict[str, Citation] = {}
        self.checks: list[SlotCheck] = []

    def pointer(self, slot: Quote | Claim, path: str, *, may_quote: bool) -> Quote | Claim | None:
        """Return the slot filled in, a claim that fails as the words it cites, or None."""
        found = {id_: citation for id_ in _ids(slot) if (citation := self._verified(id_))}
        if not found:
            return self._dropped(path, "it points at nothing that stands in a document")
        first, *_ = found
        if isinstance(slot, Quote):
            return self._quote(first, found[first], SlotCheck(path=path, verdict="verbatim"))
        judgement = self._judge.judge(slot.text, [self._evidence[id_] for id_ in found])
        if judgement.supported:
            return self._claim(slot.text, found, SlotCheck(path=path, verdict="supported"))
        repaired = SlotCheck(path=path, verdict="repaired", reason=judgement.reason)
        if may_quote:
            return self._quote(first, found[first], repaired)
        words = plain(found[first].quote)
        if len(words) > MAX_CLAIM:
            return self._dropped(path, judgement.reason)
        return self._claim(words, {first: found[first]}, repaired)

    def phrase(self, text: str, rule: Phrase, path: str) -> str:
        """Return the phrase, or nothing where it could carry a fact."""
        if rule.allows(text):
            return text
        self._dropped(path, "a phrase may hold no digits, addresses or markup, and not more than its length")
        return ""

    def _verified(self, id_: str) -> Citation | None:
        if id_ in self.citations:
            return self.citations[id_]
        unit = self._evidence.get(id_)
        if unit is None:
            return None
        document = self._knowledge.document(unit.passage.document_id, principal=self._principal)
        if document is not None and unit.context in document.text:
            self._heads[id_] = unit.context
        return verified(_citation(unit), document)

    def _numbered(self, id_: str, citation: Citation) -> int:
        numbered = replace(citation, marker=len(self.citations) + 1)
        return self.citations.setdefault(id_, numbered).marker

    def _quote(self, id_: str, citation: Citation, check: SlotCheck) -> Quote:
        self.checks.append(check)
        marker = self._numbered(id_, citation)
        # Built without validation because validation admits ids alone: only here does a quote get a text.
        return Quote.model_construct(id=id_, text=citation.quote, head=self._heads.get(id_, ""), marker=marker)

    def _claim(self, text: str, found: Mapping[str, Citation], check: SlotCheck) -> Claim:
        self.checks.append(check)
        markers = tuple(self._numbered(id_, citation) for id_, citation in found.items())
        return Claim.model_construct(text=text, evidence=tuple(found), markers=markers)

    def _dropped(self, path: str, reason: str) -> None:
        self.checks.append(SlotCheck(path=path, verdict="dropped", reason=reason))


def _ids(slot: Quote | Claim) -> Sequence[str]:
    return (slot.id,) if isinstance(slot, Quote) else tuple(dict.fromkeys(slot.evidence))


def _citation(unit: Evidence) -> Citation:
    passage = unit.passage
    return Citation(
        marker=0,
        document_id=passage.document_id,
        uri=passage.uri,
        title=passage.title,
        version=passage.version,
        lines=unit.lines,
        page=unit.page,
        start=unit.start,
        end=unit.end,
        quote=unit.text,
        verified=False,
    )
