"""Many askers, one model: a bounded queue, deadlines, places that are freed, and no thread that stays."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hybrid.answering.request import Limits
from hybrid.answering.running import off_the_loop
from hybrid.contract import Contract, SupportReply
from hybrid.errors import DeadlineError, ModelBusyError, ModelError
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local._batch import Batch


class Gate:
    """Lets a model take a step only when told to, and counts them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.rows: list[int] = []

    def watch(self, step: Callable[[Batch], None]) -> Callable[[Batch], None]:
        def watched(batch: Batch) -> None:
            self.open.wait()
            self.rows.append(len(batch.jobs))
            step(batch)

        return watched


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(Batch, "step", gate.watch(Batch.step))
    yield gate
    gate.open.set()


@pytest.fixture
def small(folder: Path, gate: Gate) -> Iterator[LocalModel]:
    """A model that writes one reply and lets one wait."""
    local = LocalModel(str(folder), quantization="fp32", queue=1, together=1, reply_tokens=96)
    yield local
    gate.open.set()
    local.close()


def test_replies_written_together_are_those_written_alone(model: LocalModel, ask, written) -> None:
    requests = [
        ask(f"Why {number}?" * (number + 1), evidence=number, temperature=temperature, seed=number)
        for number in range(8)
        for temperature in (0.0, 1.0)
    ]
    alone = [written(model, request) for request in requests]
    with ThreadPoolExecutor(len(requests)) as pool:
        assert list(pool.map(lambda request: written(model, request), requests)) == alone
    assert len({replied.text for replied in alone}) > len(requests) // 2


def test_a_seed_makes_the_same_draws(model: LocalModel, ask, written) -> None:
    texts = [written(model, ask(temperature=1.5, seed=seed)).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_pieces_come_one_by_one_and_the_end_last(model: LocalModel, ask) -> None:
    *pieces, end = model.reply(ask())
    assert len(pieces) > 3
    assert pieces[0].startswith('{"status":"')
    assert end.tokens.prompt > 100
    assert end.tokens.reply >= len(pieces)


def test_a_full_queue_is_busy_at_once(small: LocalModel, gate: Gate, ask, written) -> None:
    running = small.reply(ask())
    next(running)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(written, small, ask())
        while not small._scheduler._waiting:
            time.sleep(0.001)
        with pytest.raises(ModelBusyError, match="ask again later"):
            next(small.reply(ask()))
        gate.open.set()
        assert Contract(SupportReply).parse(waiting.result().text)
    assert list(running)


def test_a_closed_iterator_frees_its_place_before_the_next_step(small: LocalModel, gate: Gate, ask, written) -> None:
    given_up = small.reply(ask(temperature=1.0, seed=3))
    next(given_up)
    given_up.close()
    gate.open.set()
    alone = written(small, ask())
    # The step that had begun may end; no other is spent on what nobody reads.
    steps = len(gate.rows)
    gate.rows.clear()
    assert written(small, ask()) == alone
    assert steps <= len(gate.rows) + 1


def test_a_closed_iterator_leaves_the_queue(small: LocalModel, gate: Gate, ask) -> None:
    running = small.reply(ask())
    next(running)
    for _ in range(3):
        limits = Limits(first_token=0.01, idle=None, total=None)
        with pytest.raises(DeadlineError, match="0.01 s for its first piece"):
            next(small.reply(ask(limits=limits)))
    gate.open.set()
    assert list(running)


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        (Limits(first_token=None, idle=0.01, total=None), "its next piece"),
        (Limits(first_token=None, idle=None, total=1.0), "its reply"),
    ],
)
def test_deadlines_end_a_reply(small: LocalModel, gate: Gate, ask, limits: Limits, match: str) -> None:
    with pytest.raises(DeadlineError, match=match):
        list(small.reply(ask(limits=limits)))


def test_a_failure_of_the_runtime_ends_the_reply_and_not_the_model(
    small: LocalModel, gate: Gate, ask, written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(batch: Batch) -> None:
        raise RuntimeError("secret text of a document")

    gate.open.set()
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "step", fail)
        with pytest.raises(ModelError, match="RuntimeError") as error:
            list(small.reply(ask()))
    assert "secret" not in str(error.value)
    assert Contract(SupportReply).parse(written(small, ask()).text)


def test_a_closed_model_ends_what_it_writes(folder: Path, gate: Gate, ask) -> None:
    local = LocalModel(str(folder), quantization="fp32")
    running = local.reply(ask())
    next(running)
    closing = threading.Thread(target=local.close)
    closing.start()
    while not local._scheduler._closed:
        time.sleep(0.001)
    gate.open.set()
    with pytest.raises(ModelError, match="closed"):
        list(running)
    closing.join()
    with pytest.raises(ModelError, match="closed"):
        next(local.reply(ask()))


def test_an_event_loop_can_ask_many_things_at_once(model: LocalModel, ask) -> None:
    async def read() -> str:
        pieces = [piece async for piece in off_the_loop(model.reply(ask()))]
        return "".join(map(str, pieces[:-1]))

    async def ask_all() -> list[str]:
        return await asyncio.gather(*(read() for _ in range(4)))

    assert len(set(asyncio.run(ask_all()))) == 1


@pytest.mark.timeout(120)
def test_a_process_ends_although_nobody_closed_the_model(folder: Path) -> None:
    code = f"""
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid_adapters.local import LocalModel
replies = LocalModel({str(folder)!r}, quantization="fp32").reply(
    ReplyRequest(question="Why?", evidence=(), contract=Contract(SupportReply))
)
print(next(replies))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment())
    assert (done.returncode, done.stdout[:11], done.stderr) == (0, '{"status":"', "")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
