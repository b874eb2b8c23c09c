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
from training.loop import Recipe, _order, train
from training.supervision import Heads, Words
from training.tasks import invented, keywords, vague
from training.tasks.grounded import Grounded, Unit, shown
from training.tokenizer import END, choice_tokens, train_tokenizer


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


def test_words_of_a_sentence_ask_for_it_among_its_neighbours():
    text = "The harbour opens at seven o'clock in the morning. Boats of members are kept in the northern basin. " * 3
    found = list(keywords.tasks([text], random.Random(0), 40))
    assert {task.status for task in found} == {"answered", "refused"}
    for task in found:
        assert len(task.question.split()) >= 3
        if task.answers:
            (answer,) = task.answers
            assert any(word.strip("?").lower() in answer.text.lower() for word in task.question.split())
            assert answer.text not in [other.text for other in task.others]


def test_texts_of_one_sentence_give_no_task():
    assert not list(keywords.tasks(["One sentence that is quite long but stays alone."], random.Random(0), 5))


def test_an_evidence_id_is_one_token_in_prompt_and_reply(tokenizer):
    for text in ("\nE7 | Help | ", '["E7"]', '["E7","E12"]'):
        tokens = tokenizer.tokenize(text)
        assert "E7" in tokens
        assert ("E12" in tokens) == ("E12" in text)
    assert "E1" not in tokenizer.tokenize("CODE1")


def test_replies_are_learnt_with_their_end_and_prompts_are_not(made, tokenizer):
    row = chat_rows(made[:1], tokenizer)[0]
    batch = padded([row], pad=tokenizer.pad_token_id)
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


def test_at_the_end_no_task_is_refused_and_prose_is_everywhere(made, tokenizer):
    rows = chat_rows(made, tokenizer)
    assert any(row.refused for row in rows)
    texts = text_rows(["All of this is prose, and there is enough of it. " * 400], tokenizer)
    assert texts
    recipe = Recipe(steps=60, batch_tokens=900, short_part=0.3, unrefused_part=0.5, prose=0.4)
    order = _order(rows, texts, recipe)
    assert len(order) == 60
    assert not any(row.refused for batch in order[30:] for row in batch)
    assert any(row.refused for batch in order[:30] for row in batch)
    for part in (order[:20], order[20:40], order[40:]):
        assert any(not batch[0].read for batch in part)
    assert all(len(row.tokens) <= recipe.short for batch in order[:18] for row in batch if row.read)


def test_every_row_is_in_one_batch(made, tokenizer):
    rows = chat_rows(made, tokenizer)
    found = [row for batch in batches(rows, tokens=800, generator=random.Random(1)) for row in batch]
    assert sorted(map(id, found)) == sorted(map(id, rows))


def test_a_killed_run_goes_on_as_if_nothing_had_happened(made, tokenizer, tmp_path, monkeypatch):
    rows = chat_rows(made, tokenizer)
    texts = text_rows([chat.messages[1]["content"] for chat in made], tokenizer)
    recipe = Recipe(steps=6, batch_tokens=900, warm_up=2)
    monkeypatch.setattr("training.loop._SAVED_EVERY", 2)
    words, choices = Words(tokenizer, rows), choice_tokens(tokenizer)

    def run(folder):
        folder.mkdir(exist_ok=True)
        network = tiny(tokenizer)
        heads = Heads(network.config, words, choices)
        train(network, rows, texts, recipe, folder, heads=heads, choices=choices)
        return network

    through = run(tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr("training.loop.Meter", _InterruptedAtFive)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed")
    resumed = run(tmp_path / "killed")
    assert all(torch.equal(one, other) for one, other in zip(through.parameters(), resumed.parameters(), strict=True))


class _InterruptedAtFive:
    def __init__(self, folder):
        pass

    def read(self, step, rows, losses):
        if step == 5:
            raise KeyboardInterrupt
