"""What a voice writes when no grammar holds it, and what it takes to change from one voice to another."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hybrid.answering.request import ReplyRequest
from hybrid.errors import ReplyError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._loading import Quantization, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local.adapters import Adapter, adapter_files

_LONGEST = 256
_POINTER = re.compile(r'"(E\d+)"')


class FreeWriter:
    """Writes the likeliest tokens, whatever they are.

    Args:
        base: Folder or name of the base.
        quantization: How its weights are held.
        voices: Adapters to attach.
    """

    def __init__(self, base: str, quantization: Quantization, voices: Sequence[Adapter]) -> None:
        loaded = load(Path(model_folder(base)), quantization)
        self._prompts = Prompts(loaded.tokenizer, loaded.context)
        self._tokenizer: Any = loaded.tokenizer
        self._network = Network(loaded.network)
        self._loaded = loaded.network
        self._voices = {voice.name: voice for voice in voices}
        for voice in voices:
            self._network.attach(voice.name, adapter_files(voice, base))

    def keeps_contract(self, request: ReplyRequest, voice: str | None) -> bool:
        """Return whether a reply is valid JSON of the contract that points at nothing but evidence at hand."""
        text = self._written(request, voice)
        try:
            request.contract.parse(text)
        except ReplyError:
            return False
        return {unit.id for unit in request.evidence}.issuperset(_POINTER.findall(text))

    def swap(self, first: str, second: str, rounds: int) -> tuple[list[float], int]:
        """Return what a change of voice costs, and how many tensors of the base were loaded again by it.

        Returns:
            For each round how much longer a token takes right after another voice than after its own, in seconds.
        """
        # 4-bit weights are packed for this processor at the first pass, and stay where they are from then on.
        for voice in (first, second):
            self._token(voice)
        places = _places(self._loaded)
        cost: list[float] = []
        for _ in range(rounds):
            self._token(first)
            own = self._token(first)
            cost.append(self._token(second) - own)
        return cost, len(places - _places(self._loaded))

    def label(self, name: str) -> str:
        """Return the version by which a voice is attached."""
        return next(label for label in self._voices if label.partition("@")[0] == name)

    def _token(self, voice: str) -> float:
        started = time.perf_counter()
        self._network.logits([[0]], [voice], self._network.fresh_cache())
        return time.perf_counter() - started

    def _written(self, request: ReplyRequest, voice: str | None) -> str:
        known = self._voices.get(voice) if voice is not None else next(iter(self._voices.values()), None)
        prompt = self._prompts.prompt(
            request,
            instructions=known.instructions if known and voice is not None else "",
            # The base reads what the voices read.
            distilled=known.distilled if known else False,
            reply=_LONGEST,
        )
        cache, fed, written = self._network.fresh_cache(), list(prompt.tokens), list[int]()
        while len(written) < _LONGEST:
            fed = [int(self._network.logits([fed], [voice], cache)[0].argmax())]
            if fed[0] == self._tokenizer.eos_token_id:
                break
            written += fed
        return str(self._tokenizer.decode(written))


def _places(network: Any) -> set[int]:
    return {tensor.data_ptr() for name, tensor in network.named_parameters() if "lora" not in name}
