"""Whether the time of "there is no such document" tells one that may not be read from one that does not exist."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from benchmarks.data import REPOSITORY
from benchmarks.rows import Outcome, Row, at_most
from hybrid.config import load_settings
from hybrid.pipeline import Pipeline
from hybrid.server.app import create_app
from hybrid.types import ANONYMOUS

_SAMPLE = REPOSITORY / "examples" / "support_bot"
_RESAMPLES = 2_000


def telling(*, quick: bool) -> Outcome:
    """Return how well a visitor could tell both by the clock, in turns, in this process, without a network."""
    rounds = 100 if quick else 1_000
    settings = load_settings(_SAMPLE / "hybrid.toml").without_model()
    with tempfile.TemporaryDirectory() as folder:
        index = settings.index.model_copy(update={"path": Path(folder) / "index"})
        with Pipeline.from_settings(settings.model_copy(update={"index": index})) as pipeline:
            pipeline.sync()
            ids = pipeline.knowledge.document_ids()
            hidden = [id_ for id_ in ids if pipeline.source(id_, principal=ANONYMOUS) is None]
            load = settings.server.load.model_copy(update={"per_minute": 10**6})
            server = settings.server.model_copy(update={"data": Path(folder), "load": load, "sync_every": 0.0})
            app = create_app(pipeline, settings=server, dev=True)
            with TestClient(app, base_url="http://localhost") as client:
                seconds = _in_turns(client, hidden, rounds)
    return Outcome(
        rows=_rows(seconds), setting={"hidden": f"{len(hidden)} of {len(ids)} documents, asked by a visitor"}
    )


def _in_turns(client: TestClient, hidden: list[str], rounds: int) -> np.ndarray:
    """Return the seconds of hidden and of absent documents, whose ids are as long, as two rows."""
    seconds = np.zeros((2, rounds))
    for turn in range(-20, rounds):
        id_ = hidden[turn % len(hidden)]
        absent = id_[:-4] + "x" + id_[-3:]
        for row, asked in [(0, id_), (1, absent)] if turn % 2 else [(1, absent), (0, id_)]:
            began = time.perf_counter()
            answer = client.get(f"/api/source/{asked}")
            if turn >= 0:
                seconds[row, turn] = time.perf_counter() - began
            assert answer.status_code == 404
    return seconds


def _rows(seconds: np.ndarray) -> tuple[Row, ...]:
    rounds = seconds.shape[1]
    draw = np.random.default_rng(0).integers(0, rounds, (_RESAMPLES, rounds))
    slower = (seconds[0] > seconds[1]).astype(float)
    difference = (seconds[0] - seconds[1]) * 1e6
    part, median = slower[draw].mean(axis=1), np.median(difference[draw], axis=1)
    return (
        Row(
            name="turns in which the hidden one is slower, away from one half",
            figure=float(abs(slower.mean() - 0.5)),
            unit="",
            n=rounds,
            target=at_most(0.05),
        ),
        Row(name="turns in which the hidden one is slower", figure=float(slower.mean()), unit="", n=rounds,
            interval=_middle(part)),
        Row(name="hidden minus absent, median", figure=float(np.median(difference)), unit="us", n=rounds,
            interval=_middle(median)),
        Row(name="answer, median", figure=float(np.median(seconds)) * 1e3, unit="ms", n=2 * rounds),
    )  # fmt: skip


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
