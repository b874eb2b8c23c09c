"""The tokenizer: byte-level BPE in which every evidence id is one token, and a chat template."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

VOCABULARY = 8192
CONTEXT = 2048
PAD, END, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"

# An id first, so that no other merge takes a part of it; then words with their space, digits one by one, the rest.
_SPLIT = r"E\d{1,2}(?!\w)|'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

# The rules of the prompt are in the weights, so the system message is not read.
TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}" + USER + "{{ message['content'] }}" + END + "{%- endif -%}"
    "{%- if message['role'] == 'assistant' -%}"
    + ASSISTANT
    + "{% generation %}{{ message['content'] }}"
    + END
    + "{% endgeneration %}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}" + ASSISTANT + "{%- endif -%}"
)


def choice_tokens(tokenizer: Any) -> list[int]:
    """Return the tokens of the evidence ids, in their order, as far as the vocabulary has them."""
    known = tokenizer.get_vocab()
    return [known[id_] for id_ in itertools.takewhile(known.__contains__, map("E{}".format, itertools.count(1)))]


def train_tokenizer(texts: Iterable[str], folder: Path) -> Any:
    """Train on texts, save into a folder, and return the tokenizer as transformers loads it."""
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    bare: Any = Tokenizer(models.BPE())
    byte_level: Any = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bare.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(_SPLIT), "isolated"), byte_level])
    bare.decoder = decoders.ByteLevel()
    trainer: Any = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(texts, trainer)
    fast: Any = transformers.PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token=PAD,
        eos_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return fast
