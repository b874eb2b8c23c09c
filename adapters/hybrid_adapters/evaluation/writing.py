"""What a base writes for a chat, with an adapter or without, by itself and under the grammar."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hybrid.answering.prompt import Message
from hybrid.contract import Contract
from hybrid.errors import ModelError, ReplyError
from hybrid_adapters.evaluation.scoring import keeps_contract
from hybrid_adapters.evaluation.written import Written
from hybrid_adapters.local._choice import Chooser
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._drafts import Drafts, Taught
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._free import free_reply
from hybrid_adapters.local._grammar import Grammars
from hybrid_adapters.local._loading import Quantization, fit_of, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prior import EvidencePrior
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local._voices import Voices, bring
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.training._masks import Labelled, labelled_chat, stop_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMIT = 512
_WINDOW = 256
_TOO_LONG = "sequence-length-is-longer-than-the-specified-maximum"


class LocalWriter:
    """A base with the voices of a registry, used by one thread.

    Args:
        base: Folder or name of the base.
        quantization: How its weights are held.
        registry: Where the voices are.
        contract: What replies look like.

    Raises:
        ModelFilesError: The base cannot be loaded safely.
        MissingExtraError: The packages for it are not installed.
    """

    def __init__(self, base: str, quantization: Quantization, registry: Registry, contract: Contract[Any]) -> None:
        folder = model_folder(base)
        loaded = load(folder, quantization)
        # Whether a chat fits is asked of longer ones, too.
        self._tokenizer: Any = loaded.tokenizer
        self._tokenizer.deprecation_warnings[_TOO_LONG] = True
        self.contract = contract
        self.fit = fit_of(base, folder, quantization, loaded)
        """What the base is, in the terms of a manifest."""
        self.prompts = Prompts(loaded.tokenizer, loaded.context)
        self._context = loaded.context
        self._grammars = Grammars(loaded.tokenizer, loaded.width)
        self._stops = stop_tokens(loaded.tokenizer, loaded.network)
        self._voices = Voices(base=base, prompts=self.prompts, registry=registry, fit=self.fit)
        self._network = Network(loaded.network)
        self._taught = Taught(folder, self._grammars.tokens.tokenize_str)

    @property
    def name(self) -> str:
        """Name of the base and how it is held."""
        return f"{self.fit.base.name}-{self.fit.base.quantization}"

    def attach(self, label: str) -> None:
        """Bring a version of the registry, proved as in serving.

        Raises:
            ModelFilesError: It was made for another base, prompt or contract, or does not do what it did.
        """
        voice = self._voices.voice(label, self.contract)
        assert voice is not None
        bring(self._network, voice)

    def room(self, chat: list[Message], ids: Sequence[str]) -> int:
        """Return how many tokens are left in the context after a chat and its longest reply; below 0 it is too long."""
        reserve = self._grammars.grammar(self.contract, ids).reserve
        return self._context - len(self.prompts.encoded(chat, add_generation_prompt=True)) - reserve

    def write(self, chat: list[Message], ids: Sequence[str], voice: str | None, reference: str) -> Written:
        """Return what comes after a chat.

        Args:
            chat: Messages up to the question.
            ids: Of the evidence that they show.
            voice: An attached version; None is the base.
            reference: The reply that was wanted.
        """
        prompt = self.prompts.encoded(chat, add_generation_prompt=True)
        whole = self._labelled(chat, reference)
        wanted = len(whole.tokens) - whole.prompt
        # What is three times as long as the reference is no reply any more.
        limit = max(1, min(_LIMIT, 3 * wanted, self._context - len(prompt)))
        started = time.perf_counter()
        drafts = self._drafts(voice, ids)
        tokens = free_reply(self._network, voice, prompt, stops=self._stops, limit=limit, guess=drafts.guess)
        raw = str(self._tokenizer.decode(tokens))
        valid = keeps_contract(raw, self.contract, frozenset(ids))
        reply, count = raw, len(tokens)
        if not valid:
            started = time.perf_counter()
            reply, count = self._held(prompt, ids, voice)
        seconds = time.perf_counter() - started
        surprise = float(self._losses(whole.tokens, voice, wanted).sum())
        return Written(
            raw=raw, reply=reply, valid=valid, seconds=seconds, tokens=count, surprise=surprise, wanted=wanted
        )

    def perplexity(self, text: str, voice: str | None) -> float:
        """Return the perplexity of a text, read in windows of 256 tokens."""
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        windows = [tokens[at : at + _WINDOW] for at in range(0, len(tokens), _WINDOW)]
        losses = [self._losses(window, voice, len(window) - 1) for window in windows if len(window) > 1]
        return float(np.exp(np.concatenate(losses).mean()))

    def _drafts(self, voice: str | None, ids: Sequence[str]) -> Drafts:
        """Return the guesses of serving, so that a reply takes as long as it takes there."""
        adapter = None if voice is None else self._voices.voice(voice, self.contract)
        taught = self._taught.replies(adapter.adapter.folder if adapter else None)
        return Drafts(self._grammars.grammar(self.contract, ids).shortest, taught=taught)

    def _held(self, prompt: Sequence[int], ids: Sequence[str], voice: str | None) -> tuple[str, int]:
        grammar = self._grammars.grammar(self.contract, ids)
        decoding = Decoding(
            grammar=grammar,
            grammars=self._grammars,
            chooser=Chooser(0.0, None),
            prior=EvidencePrior((), 0.0),
            limit=max(1, min(_LIMIT, self._context - len(prompt) - grammar.reserve)),
        )
        cache, fed = self._network.fresh_cache(), [*prompt, *decoding.forced()]
        try:
            while not decoding.finished:
                fed = decoding.advance(self._network.logits([fed], [voice], cache)[0, -1])
        except ReplyError:
            return "", decoding.count
        return decoding.fresh_text(), decoding.count

    def _labelled(self, chat: list[Message], reference: str) -> Labelled:
        whole = labelled_chat("row", [*chat, {"role": "assistant", "content": reference}], self.prompts, self._stops)
        if len(whole.tokens) > self._context:
            raise ModelError(f"a reference and its prompt take {len(whole.tokens)} tokens, and {self._context} fit")
        return whole

    def _losses(self, tokens: Sequence[int], voice: str | None, last: int) -> NDArray[np.float64]:
        logits = self._network.trail(tokens[:-1], voice, last).astype(np.float64)
        peak = logits.max(axis=-1, keepdims=True)
        total = np.log(np.exp(logits - peak).sum(axis=-1)) + peak[:, 0]
        found = np.asarray(tokens[-last:])
        return total - logits[np.arange(last), found]
