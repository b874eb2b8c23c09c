"""Twelve rows about a shop, the files they stand in, and the check of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hybrid.contract import Contract, SupportReply
from hybrid.testing.memory import HashingEmbedder
from hybrid_adapters.datasets.checking import CheckOptions, DataReport, check_rows

EMBED = HashingEmbedder(dimension=256).embed_documents
Fields = dict[str, Any]

_FACTS = {
    "How long does a parcel to Norway take?": ("shipping.md", "Parcels to Norway take six days."),
    "Who signs for refunds above the limit?": ("refunds.md", "The head of sales signs."),
    "Where is the warehouse key kept?": ("warehouse.md", "The key hangs behind the counter."),
    "What happens to lost umbrellas?": ("lost.md", "Umbrellas go to the theatre."),
    "When does the summer sale begin?": ("sale.md", "The sale begins on the first Monday of July."),
    "Which trains stop near the shop?": ("travel.md", "The coast line stops at Harbour Street."),
    "Can gift cards be split into two?": ("cards.md", "A card can be split once."),
    "Why was the blue kettle recalled?": ("kettle.md", "Its handle becomes hot."),
    "How do I clean a cast iron pan?": ("pans.md", "Use salt and a dry cloth."),
    "May dogs come into the café?": ("cafe.md", "Dogs are welcome on the terrace."),
}


def example(name: str, question: str, document: str = "", quote: str = "", **more: Any) -> Fields:
    """Return an approved example; without a document it refuses."""
    reply = {
        "status": "answered" if document else "refused",
        "opening": "Here you go:" if document else "Sorry, that is not known here.",
        "evidence": [{"document": document, "quote": quote}] if document else [],
        "closing": "",
    }
    asking = {"user": None, "groups": []}
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved", "tags": []}
    return {"id": name, "question": question, "as": asking, "reply": reply, **fields, **more}


def clean() -> list[Fields]:
    """Return rows with which nothing is wrong."""
    facts = [example(f"r{at}", question, *fact) for at, (question, fact) in enumerate(_FACTS.items())]
    return [*facts, example("moon", "How far is the moon?"), example("joke", "Tell me a joke about accountants!")]


def chat(name: str, question: str, reply: str, **more: Any) -> Fields:
    """Return an approved chat."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved"}
    return {"id": name, "messages": messages, **fields, **more}


def write_rows(path: Path, rows: Sequence[Fields | str]) -> Path:
    """Write rows, or lines as they are."""
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return path


def checked(path: Path, rows: Sequence[Fields | str], **options: Any) -> DataReport:
    """Return the check of rows against the built-in contract."""
    wanted = CheckOptions(**{"contract": Contract(SupportReply), **options})
    return check_rows([write_rows(path / "rows.jsonl", rows)], wanted, embed=EMBED)


def found(report: DataReport) -> list[tuple[str, str]]:
    """Return kind and row of each finding."""
    return [(each.kind, each.id) for each in report.findings]
