"""A deferred selector is made once, at the first question, and never replaced by less."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hybrid.errors import ModelFilesError
from hybrid.evidence.deferred import DeferredSelector
from hybrid.evidence.selection import Selection


class Counted:
    """A selector that counts how often it was made."""

    def __init__(self):
        self.made = 0
        self.gate = threading.Barrier(4)

    def make(self):
        self.made += 1
        return self

    def select(self, question, passages, *, kept=None):
        return Selection(evidence=(), support=len(question) / 10)


def test_it_is_made_once_by_any_number_of_threads():
    counted = Counted()
    selector = DeferredSelector(counted.make)
    assert counted.made == 0

    def ask(question):
        counted.gate.wait()
        return selector.select(question, []).support

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, ["a", "ab", "abc", "abcd"])) == [0.1, 0.2, 0.3, 0.4]
    assert counted.made == 1


def test_made_ahead_it_is_the_one_that_selects():
    counted = Counted()
    selector = DeferredSelector(counted.make)
    assert selector.made() is counted
    assert selector.select("abc", []).support == 0.3
    assert counted.made == 1


def test_what_cannot_be_made_fails_every_question():
    def refuse():
        raise ModelFilesError("its weights were changed")

    selector = DeferredSelector(refuse)
    for _ in range(2):
        with pytest.raises(ModelFilesError, match="changed"):
            selector.select("Why?", [])
