"""Searching while a sync rewrites a third of the index and the optimiser runs."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._own_index import OwnIndex
from benchmarks.rows import Outcome, Row, at_most
from benchmarks.synthetic import CHUNKS_PER_DOCUMENT, Corpus, connector, make_corpus, reader_of
from benchmarks.timing import percentile
from hybrid_indexes._stages import EmbeddedQuestion

_PAUSE = 0.005
_READERS = {"without token vectors": False, "with late interaction": True}
_CHANGED_PERCENT = 30


@dataclass
class _Log:
    """What one reader saw."""

    seconds: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])


def readers(*, quick: bool) -> Outcome:
    """Return the idle p50 and the p99 beside a sync, of two readers in threads."""
    chunks, idle_seconds = (12_000, 3) if quick else (20_000, 20)
    corpus = make_corpus(chunks, 200)
    with tempfile.TemporaryDirectory() as folder:
        index = OwnIndex(Path(folder) / "index")
        try:
            index.sync(connector(corpus))
            busy, phases = _beside(index, corpus, lambda: _rewrite(index, corpus))
            # Idle is measured last, on the optimised shard: the faster and so the stricter of the two states.
            idle, _ = _beside(index, corpus, lambda: {"idle": _slept(idle_seconds)})
        finally:
            index.close()
    return Outcome(rows=tuple(_rows(busy, idle, phases)), setting=_setting(chunks))


def _rewrite(index: OwnIndex, corpus: Corpus) -> dict[str, float]:
    """Sync changed documents, then optimise; return the seconds of both."""
    started = time.perf_counter()
    report = index.sync(connector(_changed(corpus)))
    synced = time.perf_counter()
    assert report.counts["changed"] == len(corpus.documents) * _CHANGED_PERCENT // 100, dict(report.counts)
    assert index.optimize(), "the optimiser found nothing to do"
    return {"sync": synced - started, "optimise": time.perf_counter() - synced}


def _changed(corpus: Corpus) -> Corpus:
    documents = list(corpus.documents)
    for number in range(len(documents) * _CHANGED_PERCENT // 100):
        documents[number] = tuple(f"{text} again" for text in documents[number])
    return Corpus(tuple(documents), corpus.questions)


def _beside(
    index: OwnIndex, corpus: Corpus, work: Callable[[], dict[str, float]]
) -> tuple[dict[str, _Log], dict[str, float]]:
    """Return what the readers saw while ``work`` ran, and what it returned."""
    done = threading.Event()
    logs = {name: _Log() for name in _READERS}
    threads: list[threading.Thread] = []
    for name, late in _READERS.items():
        asked = [(question, index.embedded(question, late=late)) for question in corpus.questions]
        threads.append(threading.Thread(target=_read, args=(index, asked, logs[name], done)))
    for thread in threads:
        thread.start()
    try:
        return logs, work()
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _read(index: OwnIndex, asked: Sequence[tuple[str, EmbeddedQuestion]], log: _Log, done: threading.Event) -> None:
    principal, number = reader_of(1), 0
    while not done.wait(_PAUSE):
        question, embedded = asked[number % len(asked)]
        number += 1
        started = time.perf_counter()
        try:
            found = index.search(question, embedded, principal)
            assert found.passages, "nothing found"
        except Exception as error:  # whatever it is, it is what is counted
            log.errors.append(f"{type(error).__name__}: {error}")
        log.seconds.append(time.perf_counter() - started)


def _slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def _rows(busy: dict[str, _Log], idle: dict[str, _Log], phases: dict[str, float]) -> list[Row]:
    rows = [Row(name=f"{name}, time", figure=seconds, unit="s", n=1) for name, seconds in phases.items()]
    for name in _READERS:
        quiet, loaded = idle[name].seconds, busy[name].seconds
        p50, p99 = percentile(quiet, 50), percentile(loaded, 99)
        rows += [
            Row(name=f"{name}, idle p50", figure=p50 * 1e3, unit="ms", n=len(quiet)),
            Row(name=f"{name}, idle p99", figure=percentile(quiet, 99) * 1e3, unit="ms", n=len(quiet)),
            Row(name=f"{name}, busy p50", figure=percentile(loaded, 50) * 1e3, unit="ms", n=len(loaded)),
            Row(name=f"{name}, busy p99", figure=p99 * 1e3, unit="ms", n=len(loaded)),
            Row(name=f"{name}, busy slowest", figure=max(loaded) * 1e3, unit="ms", n=len(loaded)),
            Row(name=f"{name}, busy p99 / idle p50", figure=p99 / p50, unit="x", n=len(loaded), target=at_most(10)),
        ]
    errors = [error for log in (*busy.values(), *idle.values()) for error in log.errors]
    return [*rows, Row(name="errors", figure=len(errors), unit="", n=len(errors) or 1, target=at_most(0))]


def _setting(chunks: int) -> dict[str, str]:
    return {
        "index": f"{chunks:,} chunks, {chunks // CHUNKS_PER_DOCUMENT:,} documents, 10 % readable for the readers",
        "busy": f"one thread syncs new texts of {_CHANGED_PERCENT} % of the documents and then optimises; two threads "
        f"search, one of them with late interaction, and rest {_PAUSE * 1e3:g} ms after each search",
        "idle": "the same two readers alone, after the optimiser's run",
        "vectors": "given: no model runs, so the sync writes as fast as it can, which is harder on the readers",
    }
