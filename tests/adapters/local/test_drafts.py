"""Reading ahead: guesses at a reply change how many passes it takes and not one of its tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.errors import ModelFilesError
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local._buffers import BufferedLayer
from hybrid_adapters.local._drafts import Drafts, _joined
from hybrid_adapters.local._job import Job
from hybrid_adapters.local._network import Network
from hybrid_adapters.local.drafts import DRAFTS, read_drafts, save_drafts
from hybrid_adapters.registry.files import drafts_sha256

TOKENS = st.lists(st.integers(0, 300), max_size=40)


@given(st.lists(TOKENS, max_size=3), TOKENS)
def test_a_guess_follows_in_one_text_what_was_written(texts: list[list[int]], written: list[int]) -> None:
    guess = Drafts(texts).guess(written)
    if guess:
        sought = [*written[-2:], *guess]
        places = ((text, start) for text in texts for start in range(len(text)))
        assert any(text[start : start + len(sought)] == sought for text, start in places)


def test_the_longest_ending_decides_and_then_the_first_text() -> None:
    drafts = Drafts([[1, 2, 3], [9, 1, 2, 4], [1, 2, 5]])
    assert drafts.guess([1, 2]) == [3]
    assert drafts.guess([9, 1, 2]) == [4]
    assert drafts.guess([2, 5]) == drafts.guess([2]) == drafts.guess([]) == []


def test_half_of_one_number_is_not_taken_for_another() -> None:
    # One byte further on, the bytes of 65536 twice are those of 256 twice.
    assert Drafts([[65536, 65536, 65536, 7]]).guess([256, 256]) == []


class Passes:
    """Counts the forward passes of replies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        logits = Network.logits

        def counted(network: Network, *arguments, **more) -> np.ndarray:
            self.count += 1
            return logits(network, *arguments, **more)

        monkeypatch.setattr(Network, "logits", counted)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passes:
    return Passes(monkeypatch)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_right_guesses_save_passes_and_change_nothing(
    model: LocalModel, ask, written, passes: Passes, monkeypatch: pytest.MonkeyPatch, temperature: float
) -> None:
    request = ask(temperature=temperature, seed=5)
    with monkeypatch.context() as without:
        without.setattr(Job, "guess", lambda job: [])
        expected = written(model, request)
        plain = passes.count
    tokens = model._grammars.tokens.tokenize_str(expected.text)
    monkeypatch.setattr(model._taught, "replies", lambda voice: _joined([tokens]))
    passes.count = 0
    assert written(model, request) == expected
    assert passes.count < plain


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_wrong_guesses_leave_no_trace(
    model: LocalModel, ask, written, monkeypatch: pytest.MonkeyPatch, temperature: float
) -> None:
    requests = [ask(f"Why {seed}?", temperature=temperature, seed=seed) for seed in range(4)]
    with monkeypatch.context() as without:
        without.setattr(Job, "guess", lambda job: [])
        expected = [written(model, request) for request in requests]
    rng = np.random.default_rng(0)
    # Also what the grammar would never admit: the reply takes nothing of it.
    monkeypatch.setattr(Job, "guess", lambda job: rng.integers(0, 300, rng.integers(0, 9)).tolist())
    assert [written(model, request) for request in requests] == expected


def test_a_guess_ends_where_grammar_and_length_do(model: LocalModel, ask) -> None:
    job = model._job(ask())
    right = model._grammars.tokens.tokenize_str('{"status":"refused","opening":""')
    wrong = model._grammars.tokens.tokenize_str(" E1 | Refunds")
    assert job.decoding.admitted([*right[:4], *wrong]) == right[:4]
    job.decoding._hard = job.decoding.count + 2
    assert job.decoding.admitted(right) == right[:2]


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(1, 40), st.integers(0, 30)), max_size=12))
def test_buffers_hold_what_was_added_whoever_shares_their_beginning(steps: list[tuple[int, int, int]]) -> None:
    import torch

    base = BufferedLayer()
    start = torch.arange(6.0).reshape(1, 1, 6, 1)
    base.update(start, -start)
    replies = [base.copied(), base.copied()]
    expected = [start, start]
    for number, (who, added, taken_back) in enumerate(steps, start=1):
        more = torch.full((1, 1, added, 1), 100.0 * number + who)
        keys, values = replies[who].update(more, -more)
        expected[who] = torch.cat([expected[who], more], dim=-2)
        assert torch.equal(keys, expected[who])
        assert torch.equal(values, -expected[who])
        cut = min(taken_back, expected[who].shape[-2] - 1)
        replies[who].crop(-cut)
        expected[who] = expected[who][:, :, : expected[who].shape[-2] - cut]
    for reply, content in zip(replies, expected, strict=True):
        assert torch.equal(reply.keys, content)
    assert torch.equal(base.keys, start)


def test_drafts_are_the_replies_that_say_something_new_most_usual_first(tmp_path: Path) -> None:
    usual, rare = '{"opening":"Sure!","evidence":["E1"]}', '{"opening":"Well \\"now\\"","evidence":["E1"]}'
    save_drafts(tmp_path, [rare, usual, usual, '{"opening":"Sure!"}'])
    assert read_drafts(tmp_path) == (usual, rare)


def test_a_folder_without_drafts_has_none(tmp_path: Path) -> None:
    assert read_drafts(tmp_path) == ()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[" * 2_000_000])
def test_drafts_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / DRAFTS).write_text(text)
    with pytest.raises(ModelFilesError, match="delete it"):
        read_drafts(tmp_path)


TAUGHT = (
    '{"status":"answered","opening":"Here you go:","evidence":["E1"],"closing":"Bye!"}',
    '{"status":"refused","opening":"Sorry!","evidence":[],"closing":"Try again!"}',
    '{"status":"clarify","opening":"Which one?","evidence":[],"closing":""}',
)


def test_a_model_held_to_what_it_was_taught_says_nothing_else(
    make_model: Callable[..., Path], tmp_path: Path, ask, written
) -> None:
    folder = make_model(tmp_path / "held")
    save_drafts(folder, TAUGHT)
    said = {(json.loads(text)["status"], json.loads(text)["opening"], json.loads(text)["closing"]) for text in TAUGHT}
    model = LocalModel(str(folder), quantization="fp32", taught=True)
    try:
        # The network knows nothing and draws anything; without being held it says nothing of this.
        for seed in range(6):
            reply = json.loads(written(model, ask(temperature=2.0, seed=seed)).text)
            assert (reply["status"], reply["opening"], reply["closing"]) in said
    finally:
        model.close()


def test_drafts_that_were_bound_and_changed_are_refused(tmp_path: Path) -> None:
    save_drafts(tmp_path, TAUGHT)
    bound = drafts_sha256(tmp_path)
    assert set(read_drafts(tmp_path, bound)) == set(TAUGHT)
    save_drafts(tmp_path, TAUGHT[1:])
    with pytest.raises(ModelFilesError, match="changed after training"):
        read_drafts(tmp_path, bound)


def test_a_model_reads_the_drafts_in_its_folder(
    make_model: Callable[..., Path], tmp_path: Path, ask, written, passes: Passes
) -> None:
    folder = make_model(tmp_path / "taught")
    counts: list[int] = []
    texts: list[str] = []
    for _ in range(2):
        taught = LocalModel(str(folder), quantization="fp32", reply_tokens=96)
        try:
            passes.count = 0
            texts.append(written(taught, ask()).text)
            counts.append(passes.count)
        finally:
            taught.close()
        save_drafts(folder, texts)
    assert texts[0] == texts[1]
    assert counts[1] < counts[0]
