"""What a configuration leads to: its sources, its embedding model, its index and the disk under it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from hybrid import _plugins
from hybrid._cli._findings import Finding, Level
from hybrid._cli._opening import config_file
from hybrid.calibration import load_threshold
from hybrid.channel.opening import opened
from hybrid.channel.served import ServedKnowledge
from hybrid.config import AnswerSettings, Settings, build_connectors, load_settings
from hybrid.errors import HybridError, IndexLockedError
from hybrid.health import IndexHealth, Inspectable

_GIB = 2**30
_LITTLE, _TOO_LITTLE = 2 * _GIB, _GIB // 5
_FAILURES_SHOWN = 5


def configured_findings(named: Path | None) -> Iterator[Finding]:
    """Yield what the configuration leads to; what cannot be looked at is a problem, not an exception."""
    try:
        settings = load_settings(config_file(named))
        connectors = build_connectors(settings)
    except HybridError as error:
        yield Finding(subject="configuration", text=str(error), level="problem")
        return
    names = ", ".join(connector.name for connector in connectors) or "no sources"
    yield Finding(subject="configuration", text=f"{config_file(named)}: {names}")
    yield _embedding(settings.embedding.model)
    yield _ranker(settings.answer)
    yield _disk(settings.index.path)
    yield from _index(settings)


def _embedding(model: str) -> Finding:
    subject = "embedding"
    try:
        measured = _plugins.load("hybrid_indexes.embedding:measurement")(model)
    except HybridError as error:
        return Finding(subject=subject, text=str(error), level="problem")
    if measured is None:
        advice = "the first sync does it, in about a minute"
        return Finding(subject=subject, text=f"{model}: not measured on this machine yet", advice=advice)
    chosen = next(each for each in measured.variants if each.variant == measured.chosen)
    figures = f"mean cosine {chosen.mean_cosine:.4f} to the original, {chosen.texts_per_second:,.0f} long texts/s"
    return Finding(subject=subject, text=f"{model} as {chosen.variant}: {figures}")


def _ranker(answer: AnswerSettings) -> Finding:
    subject = "evidence ranker"
    try:
        ranker = _plugins.ranker(answer)
    except HybridError as error:
        return Finding(subject=subject, text=str(error), level="problem")
    if ranker is None:
        advice = "fewer questions are refused rightly without it; run: pip install 'hybrid[offline]'"
        return Finding(subject=subject, text="not installed", advice=advice)
    return Finding(subject=subject, text=f"{ranker.name}, its files and its base are those it was trained with")


def _disk(path: Path) -> Finding:
    place = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    level: Level = "problem" if free < _TOO_LITTLE else "warning" if free < _LITTLE else "ok"
    advice = "" if level == "ok" else "free some space; a full disk stops a sync, nothing is lost"
    return Finding(subject="disk", text=f"{free / _GIB:.1f} GiB free under {str(place)!r}", level=level, advice=advice)


def _index(settings: Settings) -> Iterator[Finding]:
    path = settings.index.path
    if path.exists() and not path.is_dir():
        advice = "name a folder as [index] path"
        yield Finding(subject="index", text=f"{str(path)!r}: is a file", level="problem", advice=advice)
        return
    if not path.is_dir():
        yield Finding(subject="index", text=f"{str(path)!r}: not there yet", level="warning", advice="run: hybrid sync")
        return
    try:
        with opened(settings) as pipeline:
            held = "a server" if isinstance(pipeline.knowledge, ServedKnowledge) else "nobody else"
            health = pipeline.knowledge.health() if isinstance(pipeline.knowledge, Inspectable) else None
    except IndexLockedError as error:
        yield Finding(subject="index", text=str(error), level="warning", advice="its counts can be read after that")
        return
    except HybridError as error:
        yield Finding(subject="index", text=str(error), level="problem")
        return
    yield Finding(subject="index", text=f"{str(path)!r}, held by {held}")
    if health is not None:
        yield from _counts(health)
    yield Finding(subject="refusals", text=f"below a support of {load_threshold(path):.4f}")


def _counts(health: IndexHealth) -> Iterator[Finding]:
    for source, documents in health.documents.items():
        failed = sum(failure.document_id.startswith(f"{source}:") for failure in health.failures)
        yield Finding(subject=f"source {source}", text=f"{documents:,} documents live, {failed:,} failed")
    for failure in health.failures[:_FAILURES_SHOWN]:
        advice = "mend it; the next sync tries again"
        yield Finding(subject="failure", text=failure.detail, level="warning", advice=advice)
    differ = f"journal {health.chunks:,} chunks, engine lacks {health.missing:,} and holds {health.surplus:,} too many"
    if health.missing or health.surplus:
        yield Finding(subject="chunks", text=differ, level="problem", advice="run: hybrid sync, which repairs it")
    elif health.chunks:
        yield Finding(subject="chunks", text=f"{health.chunks:,}, the same in journal and engine")
    else:
        yield Finding(subject="chunks", text="none", level="warning", advice="run: hybrid sync")
