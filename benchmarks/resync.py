"""Syncing what has not changed, what was only renamed, and what only changed its readers."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.rows import Outcome, Row, at_most, below
from hybrid.sync import SyncReport
from hybrid_connectors.folder import Folder
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.embedding.loading import load_embedder
from hybrid_indexes.knowledge import KnowledgeBase

_TOPICS = ("refund", "invoice", "delivery", "password", "sensor", "gateway", "contract", "holiday", "battery", "alarm")
_HOUR = 3600


def resync(*, quick: bool) -> Outcome:
    """Return times and embeddings of a first sync and of three that need none."""
    files = 500 if quick else 10_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write_files(root / "docs", files)
        source = Folder(name="docs", path=root / "docs")
        base = KnowledgeBase(root / "index", embedder=load_embedder(), chunker=StructureChunker())
        try:
            reports = {"first": base.sync([source]), "unchanged": base.sync([source])}
            _rename(root / "docs")
            reports["renamed"] = base.sync([source])
            _change_readers(root / "docs")
            reports["permissions"] = base.sync([source])
        finally:
            base.close()
    return Outcome(rows=tuple(_rows(reports, files)), setting={"corpus": _setting(files)})


def _rows(reports: dict[str, SyncReport], files: int) -> list[Row]:
    def row(name: str, figure: float, unit: str, **target: object) -> Row:
        return Row(name=name, figure=figure, unit=unit, n=files, **target)  # type: ignore[arg-type]

    first = reports["first"]
    rows = [row("first sync", first.seconds, "s"), row("first sync, chunks embedded", first.embedded, "chunks")]
    for name in ("unchanged", "renamed", "permissions"):
        report = reports[name]
        counted = report.counts["permissions" if name == "permissions" else name]  # type: ignore[index]
        assert counted == files, f"{name}: {dict(report.counts)}"
        target = {"target": below(2)} if name == "unchanged" else {}
        rows.append(row(f"all {name}, time", report.seconds, "s"))
        rows.append(row(f"all {name}, share of the first sync", 100 * report.seconds / first.seconds, "%", **target))
        rows.append(row(f"all {name}, chunks embedded", report.embedded, "chunks", target=at_most(0)))
    return rows


def _write_files(folder: Path, files: int) -> None:
    """Write files that were last changed an hour ago; one that changed just now would be read again to be sure."""
    random = np.random.default_rng(3)
    for number in range(files):
        path = folder / f"part-{number % 100:02}" / f"page-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        topics = [str(topic) for topic in random.choice(_TOPICS, size=6)]
        path.write_text(_page(number, topics), "utf-8")
        _age(path)


def _page(number: int, topics: list[str]) -> str:
    lines = (
        f"Case {number} of {topic}: the {topic} desk answers within {n + number % 9} days."
        for n, topic in enumerate(topics)
    )
    return f"---\naccess: [public]\n---\n# Note {number} on {topics[0]}\n\n" + "\n".join(lines) + "\n"


def _rename(folder: Path) -> None:
    for path in sorted(folder.rglob("*.md")):
        path.rename(path.with_name(f"moved-{path.name}"))


def _change_readers(folder: Path) -> None:
    for path in sorted(folder.rglob("*.md")):
        path.write_text(path.read_text("utf-8").replace("access: [public]", 'access: ["group:staff"]', 1), "utf-8")
        _age(path)


def _age(path: Path) -> None:
    before = time.time() - _HOUR
    os.utime(path, (before, before))


def _setting(files: int) -> str:
    return (
        f"{files:,} Markdown files of one heading and six sentences with front matter, in 100 folders, last changed an "
        "hour ago; real chunker and embedding model; times as SyncReport.seconds, the optimiser's run left out"
    )
