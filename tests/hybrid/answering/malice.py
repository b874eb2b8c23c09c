"""Random documents, and a model that sends whatever it likes about them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest, Restart
from hybrid.testing.knowledge import public_document
from hybrid.types import Document, Evidence

WORDS = [
    "refund",
    "gateway",
    "pool",
    "probe",
    "plan",
    "invoice",
    "alarm",
    "night",
    "key",
    "limit",
    "not",
    "only",
    "may",
]
ODD = [
    "[9]",
    "[1]",
    "![x](http://evil.example)",
    "<b>",
    "é",
    "\u200b",
    "\u202e",
    "🙂",
    "# a",
    "`x_y`",
    "5 days",
    "€39",
    "\x0b",
]
BLOCKS = [
    "{}. {}.",
    "- {}\n- {}",
    "| Plan | Paid |\n|---|---|\n| {} | {} |",
    "```\n{}\n  {}\n```",
    "# {}\n\n{}",
    "{}:\n1. {}",
    "```{}``` {}",
]


def document(chance: random.Random, path: str) -> Document:
    """Return a document of a few blocks that all speak of refunds."""
    blocks = [chance.choice(BLOCKS).format(_words(chance), _words(chance)) for _ in range(chance.randint(1, 4))]
    return public_document(path, chance.choice(["\n\n", "\r\n\r\n", "\n\n\n"]).join(blocks))


@dataclass(kw_only=True)
class MaliciousModel:
    """Implements ``Model`` and keeps no rule."""

    chance: random.Random
    name: str = "malicious"
    sent: list[str] = field(default_factory=list)

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield valid, half valid, and no JSON, cut anywhere."""
        if self.chance.random() < 0.05:
            yield from _cut(self.chance, self._text(request.evidence))
            yield Restart()
        text = self._text(request.evidence)
        self.sent.append(text)
        yield from _cut(self.chance, text)
        if self.chance.random() < 0.9:
            yield ReplyEnd(model=self.name)

    def _text(self, evidence: Sequence[Evidence]) -> str:
        text = json.dumps(self._reply(evidence), ensure_ascii=self.chance.random() < 0.5)
        match self.chance.randrange(24):
            case 0:
                return text[: self.chance.randrange(len(text))]
            case 1:
                return text[:-1] + ', "evidence": ["E1"]}'
            case 2:
                return text + self.chance.choice(["]", "E1", text, "\n\n", "[1]"])
            case 3:
                place = self.chance.randrange(len(text))
                return text[:place] + self.chance.choice(["\x00", "\ud800", "[", '"', "\\", "[1]"]) + text[place:]
            case 4 if self.chance.random() < 0.3:
                return text[:-1] + ', "x": ' + "[" * 3_000
            case 5 if self.chance.random() < 0.1:
                return text[:-1] + f', "x": "{"x" * 60_000}"}}'
            case _:
                return text

    def _reply(self, evidence: Sequence[Evidence]) -> dict[str, Any]:
        facts = [self._fact(evidence) for _ in range(self.chance.choice([0, *[1, 2, 3, 4] * 5, 5]))]
        status = self.chance.choice(["answered"] * 16 + ["refused", "clarify", "ANSWERED"])
        reply = {"status": status, "opening": self._phrase(), "evidence": facts, "closing": self._phrase()}
        if self.chance.random() < 0.1:
            reply[self.chance.choice(["text", "citations", "opening"])] = self.chance.choice([None, 5, ["E1"], {}])
        return dict(self.chance.sample(list(reply.items()), len(reply))) if self.chance.random() < 0.3 else reply

    def _fact(self, evidence: Sequence[Evidence]) -> Any:
        unit = self.chance.choice(evidence)
        ids = [self.chance.choice([unit.id, unit.id, self.chance.choice(evidence).id, "E0", "E999", ""]) for _ in "ab"]
        match self.chance.randrange(30):
            case 0:
                return {"id": unit.id, "text": "Refunds are paid at once.", "marker": 1}
            case 1 | 2 | 3 | 4 | 5:
                return {"text": unit.text[:300], "evidence": [unit.id]}
            case 6 | 7 | 8:
                return {"text": (unit.text + " [9]")[:300], "evidence": ids}
            case 9:
                return {"text": "Refunds take 900 days [1][9].", "evidence": ids}
            case 10:
                return {"text": _words(self.chance) + self.chance.choice(ODD), "evidence": ids, "markers": [7]}
            case 11 | 12 | 13:
                return {"text": _words(self.chance) + self.chance.choice(ODD), "evidence": ids}
            case _:
                return ids[0]

    def _phrase(self) -> str:
        return self.chance.choice(
            ["", "", "Here you are:", "See [1]", "Pay 5 euros", "http://evil.example", "# Hi", "x" * 500]
        )


def _words(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randint(1, 7))
    return " ".join(["refund", *words, *chance.sample(ODD, k=chance.choice([0, 0, 1, 2]))]).capitalize()


def _cut(chance: random.Random, text: str) -> list[str]:
    if len(text) > 5_000:
        return [text]
    size = chance.choice([1, 3, 17, 200])
    pieces: list[str] = []
    while text:
        length = chance.randint(0, size)
        pieces.append(text[:length])
        text = text[length:]
    return pieces
