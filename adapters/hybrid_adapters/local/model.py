"""The local model: any causal Hugging Face model, which can write nothing but valid replies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.config import Settings
from hybrid.errors import ModelError, ModelFilesError
from hybrid.types import TokenCounts
from hybrid_adapters.local._batch import Batch
from hybrid_adapters.local._choice import Chooser
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._grammar import Grammars
from hybrid_adapters.local._job import Job
from hybrid_adapters.local._loading import Quantization, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prior import EvidencePrior
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local._scheduler import Scheduler
from hybrid_adapters.local.adapters import Adapter, check_adapter

_KIND = "local:"


class LocalModel:
    """Writes replies with a model on this machine, token by token under the contract's grammar.

    Any number of threads may ask; their replies are written together. The format is valid whatever the weights are.

    Args:
        name: Folder of the model, or its name in the local Hugging Face cache. Nothing is ever downloaded.
        quantization: How its weights are held.
        adapters: Voices that requests may name.
        prior: Weight of the evidence's scores in the choice of ids; 0 leaves it to the model.
        reply_tokens: Tokens after which a reply is brought to its end, which takes a few more.
        queue: Most requests that wait; one more is refused at once.
        together: Most replies that are written at once.

    Raises:
        ModelFilesError: A folder holds pickles or code, is incomplete, or is another kind of model.
        MissingExtraError: The packages for it are not installed.

    Example:
        >>> from hybrid_adapters.local import LocalModel
        >>> model = LocalModel("models/hybrid-mini")  # doctest: +SKIP
    """

    def __init__(
        self,
        name: str,
        *,
        quantization: Quantization = "nf4",
        adapters: Sequence[Adapter] = (),
        prior: float = 0.0,
        reply_tokens: int = 512,
        queue: int = 32,
        together: int = 8,
    ) -> None:
        folder = model_folder(name)
        for adapter in adapters:
            check_adapter(adapter, name)
        loaded = load(folder, quantization)
        self._name = f"{Path(name).name}-{quantization}"
        self._adapters = {adapter.name: adapter for adapter in adapters}
        self._prior = prior
        self._reply_tokens = reply_tokens
        self._prompts = Prompts(loaded.tokenizer, loaded.context)
        self._grammars = Grammars(loaded.tokenizer, loaded.width)
        self._scheduler = Scheduler(Batch(Network(loaded.network, adapters), together), queue)

    @property
    def name(self) -> str:
        """Name of the model and how its weights are held."""
        return self._name

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield pieces of the reply's JSON as they come up, and at the end one ``ReplyEnd``.

        Closing the iterator frees the reply's place before the next token.

        Raises:
            ModelBusyError: The queue is full.
            DeadlineError: It takes longer than the request allows.
            ReplyError: The grammar cannot be kept.
            ModelError: The adapter is unknown, or the question is too long for the model.
        """
        started = time.monotonic()
        job = self._job(request)
        self._scheduler.submit(job)
        try:
            yield from job.pieces(request.limits, started)
        finally:
            self._scheduler.cancel(job)
        yield ReplyEnd(
            model=self._name if job.adapter is None else f"{self._name}+{job.adapter}",
            tokens=TokenCounts(prompt=len(job.prompt.tokens), reply=job.decoding.count),
            prompt_hash=job.prompt.hash,
        )

    def close(self) -> None:
        """End what is being written and free the thread."""
        self._scheduler.close()

    def _job(self, request: ReplyRequest) -> Job:
        style = request.style
        if style.adapter is not None and style.adapter not in self._adapters:
            known = ", ".join(sorted(self._adapters)) or "none"
            raise ModelError(f"adapter {style.adapter!r} is not loaded; loaded are: {known}")
        instructions = self._adapters[style.adapter].instructions if style.adapter is not None else ""
        # The room for the reply is measured with all ids: with fewer it takes no more.
        reserve = self._grammars.grammar(request.contract, [unit.id for unit in request.evidence]).reserve
        prompt = self._prompts.prompt(request, instructions=instructions, reply=self._reply_tokens + reserve)
        decoding = Decoding(
            grammar=self._grammars.grammar(request.contract, [unit.id for unit in prompt.evidence]),
            grammars=self._grammars,
            chooser=Chooser(style.temperature, style.seed),
            prior=EvidencePrior(prompt.evidence, self._prior),
            limit=self._reply_tokens,
        )
        return Job(prompt=prompt, decoding=decoding, adapter=style.adapter)


def from_settings(settings: Settings) -> LocalModel:
    """Return the model that ``[answer] model = "local:FOLDER"`` means, with the adapter the settings name.

    Raises:
        ModelFilesError: It cannot be loaded safely.
    """
    wanted = settings.answer
    name = wanted.model.removeprefix(_KIND)
    if not name or name == wanted.model:
        raise ModelFilesError(f"model {wanted.model!r} names no folder; write local:FOLDER under [answer]")
    voice = None if wanted.adapter is None else Path(wanted.adapter)
    adapters = () if voice is None else (Adapter(name=voice.name, folder=voice),)
    return LocalModel(name, quantization=wanted.quantization, adapters=adapters)
