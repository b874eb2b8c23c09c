"""What is learned is the reply up to its stop token, after the very tokens that serving asks with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_samples import TEMPLATE, chat, save_tokenizer

from hybrid.errors import ModelFilesError, RowsError, TrainingError
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.training._masks import IGNORED, Labelled, check_lengths, labelled_chat, labelled_text, stop_tokens
from hybrid_adapters.training.proof import check_unchanged, prove, view


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return save_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def prompts(tokenizer: Any) -> Prompts:
    return Prompts(tokenizer, 4096)


@pytest.fixture(scope="module")
def stops(tokenizer: Any) -> frozenset[int]:
    return frozenset({tokenizer.eos_token_id})


def learned(row: Labelled) -> list[int]:
    return [label for label in row.labels if label != IGNORED]


def test_the_reply_and_its_stop_token_are_learned_and_nothing_else(tokenizer, prompts, stops) -> None:
    row = labelled_chat("a", chat("Keys", 2), prompts, stops)
    assert tokenizer.decode(learned(row)) == chat("Keys", 2)[-1]["content"] + "<|end|>"
    assert row.tokens[-1] == tokenizer.eos_token_id
    assert row.tokens[: row.prompt] == prompts.encoded(chat("Keys", 2)[:-1], add_generation_prompt=True)
    assert set(row.labels[: row.prompt]) == {IGNORED}


def test_every_reply_of_a_longer_chat_is_learned(tokenizer, prompts, stops) -> None:
    turns = [*chat("Keys", 2), {"role": "user", "content": "And boats?"}, {"role": "assistant", "content": '{"a":1}'}]
    row = labelled_chat("a", turns, prompts, stops)
    assert tokenizer.decode(learned(row)) == turns[2]["content"] + "<|end|>" + '{"a":1}<|end|>'
    assert prove([row], [turns], prompts, stops).rows[0].holds


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(max_size=40), st.sampled_from(["", "<|end|>", "<|assistant|>\n"]))
def test_no_text_moves_the_mask(tokenizer, prompts, stops, reply: str, question: str, inside: str) -> None:
    turns = [*chat("Keys", 2)[:1], {"role": "user", "content": question + inside}]
    content = json.dumps({"said": reply + inside}, ensure_ascii=False)
    turns.append({"role": "assistant", "content": content})
    row = labelled_chat("a", turns, prompts, stops)
    assert tokenizer.decode(learned(row)) == content + "<|end|>"
    assert prove([row], [turns], prompts, stops).rows[0].holds


def test_a_stop_token_that_also_pads_is_still_learned(tmp_path: Path) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    tokenizer = save_tokenizer(tmp_path, pad="<|end|>")
    stops = frozenset({tokenizer.eos_token_id})
    prompts = Prompts(tokenizer, 4096)
    rows = [labelled_chat(str(n), chat("Keys", n), prompts, stops) for n in (1, 2)]
    short = replace(rows[0], tokens=rows[0].tokens[9:], labels=rows[0].labels[9:])
    collate = DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id)
    batch = collate([{"input_ids": list(row.tokens), "labels": list(row.labels)} for row in (short, rows[1])])
    for labels, row in zip(batch["labels"].tolist(), (short, rows[1]), strict=True):
        assert labels[len(row.tokens) - 1] == tokenizer.eos_token_id
        assert set(labels[len(row.tokens) :]) <= {IGNORED}


def test_models_that_stop_at_several_tokens_say_so() -> None:
    class Tokenizer:
        eos_token_id = 7

    class Network:
        class generation_config:
            eos_token_id = [7, 9]

    assert stop_tokens(Tokenizer(), Network()) == {7, 9}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (TEMPLATE.replace("<|end|>", ""), "no stop token after a reply"),
        (
            "{% for message in messages %}<|{{ message['role'] }}|>\n"
            "{% if message['role'] == 'user' and not loop.last %}{% else %}{{ message['content'] }}{% endif %}<|end|>\n"
            "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
            "writes message 3 differently once a reply follows",
        ),
        (TEMPLATE.replace("{% if add_generation_prompt %}", "{% if add_generation_prompt %}x"), "differently"),
    ],
)
def test_a_template_that_serves_other_prompts_is_refused(tmp_path: Path, template: str, message: str) -> None:
    tokenizer = save_tokenizer(tmp_path, template=template)
    with pytest.raises(RowsError, match=message):
        labelled_chat("a", chat("Keys", 2), Prompts(tokenizer, 4096), frozenset({tokenizer.eos_token_id}))


def test_a_template_without_generation_prompt_is_refused(tmp_path: Path) -> None:
    template = TEMPLATE.partition("{% if add")[0]
    with pytest.raises(ModelFilesError, match="no generation prompt"):
        Prompts(save_tokenizer(tmp_path, template=template), 4096)


def test_an_empty_reply_is_refused(prompts, stops) -> None:
    with pytest.raises(RowsError, match="the reply is empty"):
        labelled_chat("a", [*chat("Keys", 2)[:-1], {"role": "assistant", "content": ""}], prompts, stops)


def test_a_row_over_the_context_is_named_and_never_cut(prompts, stops) -> None:
    rows = [labelled_chat(f"row-{n}", chat("Keys" * n, 1), prompts, stops) for n in (1, 9)]
    check_lengths(rows, len(rows[1].tokens))
    with pytest.raises(RowsError, match=r"row 'row-9' has \d+ tokens .* \(1 of 2 rows"):
        check_lengths(rows, len(rows[1].tokens) - 1)


@given(st.lists(st.integers(1, 99), min_size=1, max_size=40), st.integers(2, 10))
def test_a_text_is_learned_to_its_end_and_no_token_twice(tokens: list[int], length: int) -> None:
    rows = labelled_text("a", tokens, 0, length)
    joined = [token for row in rows for token in row.tokens]
    assert joined in ([*tokens, 0], tokens)
    assert all(row.labels == row.tokens and 1 < len(row.tokens) <= length for row in rows)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda row: replace(row, labels=row.tokens), "prompt_masked = False"),
        (lambda row: replace(row, labels=(IGNORED,) * len(row.tokens)), "supervised = 0"),
        (lambda row: replace(row, tokens=row.tokens[:-1], labels=row.labels[:-1]), "ends_in_stop_token = False"),
        (lambda row: replace(row, labels=(*row.labels[:-1], IGNORED)), "ends_in_stop_token = False"),
        (lambda row: replace(row, tokens=(5, *row.tokens[1:])), "prompt_is_servings = False"),
    ],
)
def test_a_row_that_teaches_something_else_fails_the_proof(prompts, stops, spoil: Any, message: str) -> None:
    row = labelled_chat("a", chat("Keys", 2), prompts, stops)
    with pytest.raises(TrainingError, match=f"row 'a' has .*{message}"):
        prove([spoil(row)], [chat("Keys", 2)], prompts, stops)


def test_a_trainer_that_cuts_or_drops_rows_is_found_out(prompts, stops) -> None:
    rows = [labelled_chat(str(n), chat("Keys", n), prompts, stops) for n in (1, 2)]
    held = [(row.tokens, row.labels) for row in rows]
    check_unchanged(rows, held)
    cut = [(tokens[:-1], labels[:-1]) for tokens, labels in held]
    for changed in (held[:1], [held[0], cut[1]], [held[0], (rows[1].tokens, rows[1].tokens)]):
        with pytest.raises(TrainingError, match="changed 1 of 2 proved rows"):
            check_unchanged(rows, changed)


def test_the_proof_is_stored_row_by_row(prompts, stops) -> None:
    row = labelled_chat("a", chat("Keys", 2), prompts, stops)
    stored = json.loads(prove([row], [chat("Keys", 2)], prompts, stops).to_json())
    assert stored["holds"] is True
    assert stored["stop_tokens"] == sorted(stops)
    assert stored["rows"][0]["supervised"] == row.supervised > 5


def test_people_see_what_is_learned_in_green(tokenizer, prompts, stops) -> None:
    shown = view(labelled_chat("a", chat("Keys\x1b[2J", 2), prompts, stops), tokenizer, stops)
    styled = {str(span.style): shown.plain[span.start : span.end] for span in shown.spans}
    assert styled["green"] == chat("Keys", 2)[-1]["content"]
    assert styled["black on green"] == "<|end|>"
    assert "Question" in styled["bright_black"]
    assert "\x1b" not in shown.plain
