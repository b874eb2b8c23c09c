"""Slots: a fixed number, a short queue, an honest no, and none that is lost."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from hybrid.server.faults import Busy, Overdue, Unavailable
from hybrid.server.gate import Gate


def run(work):
    """Run a coroutine, and fail where it takes more than a minute."""
    return asyncio.run(asyncio.wait_for(work, 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


@pytest.fixture
def make_gate():
    gates = []

    def make(**settings):
        gates.append(Gate(**({"workers": 1, "waiting": 1, "wait": 30.0, "deadline": 30.0} | settings)))
        return gates[-1]

    yield make
    for gate in gates:
        assert gate.stop(10)


def test_one_more_than_may_wait_is_turned_away(make_gate):
    async def work():
        gate = make_gate()
        leave = asyncio.Event()

        async def hold():
            async with gate.slot():
                await leave.wait()

        held = [asyncio.create_task(hold()) for _ in range(2)]
        await until(lambda: gate.admitted == 2)
        with pytest.raises(Busy) as refused:
            async with gate.slot():
                pass
        assert refused.value.retry_after
        leave.set()
        await asyncio.gather(*held)
        assert gate.admitted == 0
        async with gate.slot() as slot:
            assert await slot.run(lambda: 7) == 7

    run(work())


def test_no_more_run_at_once_than_there_are_workers(make_gate):
    async def work():
        gate = make_gate(workers=2, waiting=20)
        running, most, guard = 0, 0, threading.Lock()

        def call():
            nonlocal running, most
            with guard:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.005)
            with guard:
                running -= 1

        async def one():
            async with gate.slot() as slot:
                await slot.run(call)

        await asyncio.gather(*(one() for _ in range(20)))
        assert most == 2

    run(work())


def test_who_waits_too_long_is_told_so(make_gate):
    async def work():
        gate = make_gate(deadline=0.05)
        async with gate.slot():
            with pytest.raises(Overdue):
                async with gate.slot():
                    pass
        assert gate.admitted == 0

    run(work())


def test_who_would_wait_too_long_is_turned_away_at_once_and_told_when_to_come_back(make_gate):
    async def work():
        gate = make_gate(waiting=100, wait=1.0)
        gate._pace.note(1.0)
        leave = asyncio.Event()

        async def hold():
            async with gate.slot():
                await leave.wait()

        first = asyncio.create_task(hold())
        await until(lambda: gate.admitted == 1)
        with pytest.raises(Busy) as refused:
            async with gate.slot():
                pass
        # A second and four times its half, less the one that may be waited: no more is known after one request.
        assert refused.value.retry_after == 2.0
        assert gate.admitted == 1
        leave.set()
        await first
        async with gate.slot() as slot:
            assert await slot.run(lambda: 7) == 7

    run(work())


def test_who_has_waited_as_long_as_may_be_is_turned_away(make_gate):
    async def work():
        gate = make_gate(wait=0.05)
        async with gate.slot():
            with pytest.raises(Busy):
                async with gate.slot():
                    pass
        assert gate.admitted == 0
        async with gate.slot() as slot:
            assert await slot.run(lambda: 7) == 7

    run(work())


def test_a_call_that_takes_too_long_gives_its_slot_back_and_is_not_waited_for(make_gate):
    async def work():
        gate, end = make_gate(deadline=0.05), threading.Event()
        with pytest.raises(Overdue):
            async with gate.slot() as slot:
                await slot.run(end.wait)
        async with gate.slot() as slot:
            assert await slot.run(lambda: 7) == 7
        end.set()

    run(work())


class Steps:
    """A generator that blocks at its second step, and notes that it was closed."""

    def __init__(self):
        self.go_on, self.closed, self.blocked = threading.Event(), threading.Event(), threading.Event()

    def __call__(self):
        try:
            yield 1
            self.blocked.set()
            self.go_on.wait()
            yield 2
        finally:
            self.closed.set()


def test_who_goes_away_gives_the_slot_back_at_once_and_the_work_ends(make_gate):
    async def work():
        gate, steps = make_gate(), Steps()

        async def ask():
            async with gate.slot() as slot, aclosing(slot.steps(steps())) as events:
                async for _ in events:
                    pass

        asked = asyncio.create_task(ask())
        await until(steps.blocked.is_set)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert gate.admitted == 0
        async with gate.slot() as slot:
            assert await slot.run(lambda: 7) == 7
        assert not steps.closed.is_set()
        steps.go_on.set()
        await asyncio.to_thread(steps.closed.wait)

    run(work())


def test_all_events_come_through_and_the_generator_is_closed(make_gate):
    async def work():
        gate, steps = make_gate(), Steps()
        steps.go_on.set()
        async with gate.slot() as slot:
            assert [event async for event in slot.steps(steps())] == [1, 2]
        await asyncio.to_thread(steps.closed.wait)

    run(work())


def test_a_failure_comes_through(make_gate):
    def breaks():
        yield 1
        raise RuntimeError("broken")

    async def work():
        async with make_gate().slot() as slot:
            with pytest.raises(RuntimeError, match="broken"):
                [event async for event in slot.steps(breaks())]

    run(work())


def test_a_closed_gate_admits_nobody(make_gate):
    async def work():
        gate = make_gate()
        gate.close()
        with pytest.raises(Unavailable):
            async with gate.slot():
                pass

    run(work())


def test_stopping_says_whether_work_goes_on(make_gate):
    async def work():
        gate, end = make_gate(deadline=0.01), threading.Event()
        with pytest.raises(Overdue):
            async with gate.slot() as slot:
                await slot.run(end.wait)
        assert not gate.stop(0.01)
        end.set()

    run(work())
