"""The base's training, on a few invented tasks and a network of a few thousand numbers."""

import json
import random

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from hybrid.contract import Contract, SupportReply
from training.batches import IGNORED, batches, chat_rows, padded, text_rows
from training.chats import chats
from training.loop import Recipe, train
from training.tasks import invented, vague
from training.tasks.grounded import Grounded, Unit, shown
from training.tokenizer import END, train_tokenizer


@pytest.fixture(scope="module")
def tasks():
    return list(invented.tasks(random.Random(0), 60))


@pytest.fixture(scope="module")
def made(tasks):
    return list(chats(tasks, random.Random(0)))


@pytest.fixture(scope="module")
def tokenizer(made, tmp_path_factory):
    texts = ["".join(message["content"] for message in chat.messages[1:]) for chat in made]
    return train_tokenizer(texts, tmp_path_factory.mktemp("tokenizer"))


def tiny(tokenizer):
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def test_every_reply_fits_its_contract_and_points_at_evidence_that_is_shown(made):
    contract = Contract(SupportReply)
    for chat in made:
        contract.parse(chat.messages[-1]["content"])
        reply = json.loads(chat.messages[-1]["content"])
        assert all(f"\n{id_} | " in chat.messages[1]["content"] for id_ in reply["evidence"])
        assert (reply["status"] == "answered") == bool(reply["evidence"])


def test_an_answer_is_always_among_what_is_shown():
    answer, others = Unit(title="A", text="yes"), tuple(Unit(title="B", text=str(n)) for n in range(30))
    task = Grounded(question="q?", answers=(answer,), others=others, status="answered", source="test")
    for seed in range(40):
        units, places = shown(task, random.Random(seed), most=4, shuffled=0.5)
        assert len(units) == 4
        assert [units[place] for place in places] == [answer]


def test_a_task_without_its_answer_is_refused(tasks):
    task = next(task for task in tasks if task.answers)
    assert task.unanswered().status == "refused"
    assert task.unanswered().answers == ()


def test_vague_questions_ask_back():
    pool = [Unit(title="A", text=str(n)) for n in range(20)]
    (task,) = vague.tasks(random.Random(0), pool, 1)
    assert task.status == "clarify"
    assert not task.answers


def test_an_evidence_id_is_one_token_in_prompt_and_reply(tokenizer):
    for text in ("\nE7 | Help | ", '["E7"]', '["E7","E12"]'):
        tokens = tokenizer.tokenize(text)
        assert "E7" in tokens
        assert ("E12" in tokens) == ("E12" in text)
    assert "E1" not in tokenizer.tokenize("CODE1")


def test_replies_are_learnt_with_their_end_and_prompts_are_not(made, tokenizer):
    row = chat_rows(made[:1], tokenizer)[0]
    batch = padded([row], pad=tokenizer.pad_token_id, whole=False)
    learnt = batch.labels[0][batch.labels[0] != IGNORED]
    assert tokenizer.decode(learnt) == made[0].messages[-1]["content"] + END
    assert json.loads(made[0].messages[-1]["content"])


def test_lines_of_evidence_end_where_they_end_and_know_whether_they_answer(made, tokenizer):
    for chat, row in zip(made, chat_rows(made, tokenizer), strict=True):
        pointed = json.loads(chat.messages[-1]["content"])["evidence"]
        begins = [0, *row.ends[:-1]]
        lines = [tokenizer.decode(row.tokens[a:b]) for a, b in zip(begins, row.ends, strict=True)]
        assert [line.split(" | ")[0].split()[-1] for line in lines] == [f"E{n}" for n in range(1, len(lines) + 1)]
        assert [f"E{n}" for n, right in enumerate(row.right, start=1) if right] == sorted(pointed)


def test_every_row_is_in_one_batch(made, tokenizer):
    rows = chat_rows(made, tokenizer)
    found = [row for batch in batches(rows, tokens=800, generator=random.Random(1)) for row in batch]
    assert sorted(map(id, found)) == sorted(map(id, rows))


def test_a_killed_run_goes_on_as_if_nothing_had_happened(made, tokenizer, tmp_path, monkeypatch):
    rows = chat_rows(made, tokenizer)
    texts = text_rows([chat.messages[1]["content"] for chat in made], tokenizer)
    recipe = Recipe(steps=6, batch_tokens=900, warm_up=2, line_layer=1)
    monkeypatch.setattr("training.loop._SAVED_EVERY", 2)
    monkeypatch.setattr("training.loop._LOGGED_EVERY", 2)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    through = tiny(tokenizer)
    train(through, rows, texts, recipe, whole)
    stopped = tiny(tokenizer)
    with monkeypatch.context() as patch:
        patch.setattr("training.loop._log", _interrupt_at(4))
        with pytest.raises(KeyboardInterrupt):
            train(stopped, rows, texts, recipe, killed)
    resumed = tiny(tokenizer)
    train(resumed, rows, texts, recipe, killed)
    assert all(torch.equal(one, other) for one, other in zip(through.parameters(), resumed.parameters(), strict=True))


def _interrupt_at(step):
    def log(folder, at, loss, speed):
        if at == step:
            raise KeyboardInterrupt

    return log
