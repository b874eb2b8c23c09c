"""The comparison: ``transformers.generate`` with the contract's grammar as a LogitsProcessor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from hybrid.answering.request import ReplyRequest
from hybrid_adapters.local._grammar import Grammars, allowed_tokens
from hybrid_adapters.local._loading import Quantization, load
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local._quickening import quicken


class Generate:
    """Writes a reply a token at a time.

    Tokens that can only come next are set without a mask, so that it spells everything as the other side does; without
    that the texts would differ. Prompt and grammar are made beforehand and cost it nothing.

    Args:
        folder: The model.
        quantization: How its weights are held.
        reply_tokens: As the other side's.
        quickened: Whether its network is made ready as the other side's is; else it is as transformers loads it.
    """

    def __init__(self, folder: Path, quantization: Quantization, *, reply_tokens: int, quickened: bool) -> None:
        loaded = load(folder, quantization)
        if quickened:
            quicken(loaded.network)
        self._network: Any = loaded.network
        self._prompts = Prompts(loaded.tokenizer, loaded.context)
        self._grammars = Grammars(loaded.tokenizer, loaded.width)
        self._end: Any = loaded.tokenizer.eos_token_id
        self._reply_tokens = reply_tokens
        self.reading = 0.0
        """Seconds that the last reply's prompt took."""

    def prepare(self, request: ReplyRequest) -> Any:
        """Return a request's prompt and grammar."""
        import torch

        prompt = self._prompts.prompt(request, instructions="", reply=2 * self._reply_tokens)
        grammar = self._grammars.grammar(request.contract, [unit.id for unit in prompt.evidence])
        return torch.tensor([prompt.tokens]), grammar

    def reply(self, prepared: Any) -> str:
        """Return the reply's JSON."""
        import torch

        prompt, grammar = prepared
        processor = _Processor(grammar.matcher.deep_copy(), self._grammars.tokens.vocab_size, self._end)
        started = time.perf_counter()
        with torch.inference_mode():
            found = self._network.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                do_sample=False,
                max_new_tokens=2 * self._reply_tokens,
                logits_processor=[processor],
            )
        self.reading = processor.asked - started
        written = [token for token in found[0, prompt.shape[1] :].tolist() if token != self._end]
        return self._grammars.tokens.decode_bytes(written).decode()


class _Processor:
    def __init__(self, matcher: Any, width: int, end: int) -> None:
        self._matcher, self._width, self._end = matcher, width, end
        self._forced: list[int] = []
        self.asked = 0.0
        """When the first token was asked for: the prompt had been read."""

    def __call__(self, tokens: Any, scores: Any) -> Any:
        import torch

        if self.asked:
            self._matcher.consume_token(int(tokens[0, -1]))
        else:
            self.asked = time.perf_counter()
        allowed = torch.from_numpy(self._allowed())
        masked = torch.full_like(scores, -float("inf"))
        masked[0, allowed] = scores[0, allowed]
        return masked

    def _allowed(self) -> Any:
        if self._matcher.is_stopped():
            return np.array([self._end])
        if not self._forced:
            self._forced = self._matcher.compute_ff_tokens()
        if self._forced:
            return np.array([self._forced.pop(0)])
        return allowed_tokens(self._matcher, self._width)
