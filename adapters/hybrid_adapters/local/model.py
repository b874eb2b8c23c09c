"""The local model: any causal Hugging Face model, which can write nothing but valid replies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hybrid.answering.assembly import contract_named
from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.config import Settings
from hybrid.contract import Contract
from hybrid.errors import ModelFilesError
from hybrid.types import TokenCounts
from hybrid_adapters import mini
from hybrid_adapters.local._batch import Batch
from hybrid_adapters.local._choice import Chooser
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._drafts import Drafts, Taught
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._grammar import Grammars
from hybrid_adapters.local._job import Job
from hybrid_adapters.local._loading import Quantization, fit_of, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prior import EvidencePrior
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local._scheduler import Scheduler
from hybrid_adapters.local._texts import REPLY_TOKENS
from hybrid_adapters.local._voices import Voice, Voices, bring
from hybrid_adapters.local.adapters import Adapter
from hybrid_adapters.local.drafts import Phrases
from hybrid_adapters.registry.registry import Registry

_KIND = "local:"


class LocalModel:
    """Writes replies with a model on this machine, token by token under the contract's grammar.

    Any number of threads may ask; their replies are written together. The format is valid whatever the weights are.

    Args:
        name: Folder of the model, or its name in the local Hugging Face cache. Nothing is ever downloaded.
        quantization: How its weights are held.
        adapters: Voices that requests may name, trusted as they are.
        registry: Where other voices are, or its folder; ``voice`` is the version in service, ``voice@3`` one version.
            Each is checked and attached when it is first asked for.
        prior: Weight of the evidence's scores in the choice of ids; 0 leaves it to the model, and so does None, but for
            the bundled model, which None gives the weight it was measured with.
        taught: Whether phrases are those that the voice was taught and no others; None is yes for the bundled model,
            which may stumble over its words where a prompt is unlike those it learned from, and no for others.
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
        registry: Registry | Path | str | None = None,
        prior: float | None = None,
        taught: bool | None = None,
        reply_tokens: int = REPLY_TOKENS,
        queue: int = 32,
        together: int = 8,
    ) -> None:
        folder = model_folder(name)
        loaded = load(folder, quantization)
        if registry is not None and not isinstance(registry, Registry):
            registry = Registry(registry)
        self._name = f"{Path(name).name}-{quantization}"
        self._prior = _usual_prior(name) if prior is None else prior
        self._closed = name == mini.NAME if taught is None else taught
        self._reply_tokens = reply_tokens
        self._prompts = Prompts(loaded.tokenizer, loaded.context)
        self._grammars = Grammars(loaded.tokenizer, loaded.width)
        self._taught = Taught(folder, self._grammars.tokens.tokenize_str)
        fit = None if registry is None else fit_of(name, folder, quantization, loaded)
        self._voices = Voices(base=name, prompts=self._prompts, adapters=adapters, registry=registry, fit=fit)
        network = Network(loaded.network)
        for voice in self._voices.trusted:
            bring(network, voice)
        self._scheduler = Scheduler(Batch(network, together), queue)

    @property
    def name(self) -> str:
        """Name of the model and how its weights are held."""
        return self._name

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the adapters that requests may choose; of the registry those with a version in service."""
        return self._voices.names

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

    def check(self, adapter: str, contract: Contract[Any]) -> None:
        """Check an adapter now instead of at the first question; whether it has its effect is proved then.

        Args:
            adapter: Its name, with a version or without.
            contract: What replies shall look like.

        Raises:
            ModelFilesError: It is not there, or was made for another base, prompt or contract.
        """
        self._voices.voice(adapter, contract)

    def close(self) -> None:
        """End what is being written and free the thread."""
        self._scheduler.close()

    def _job(self, request: ReplyRequest) -> Job:
        style = request.style
        voice = self._voices.voice(style.adapter, request.contract)
        folder = voice.adapter.folder if voice else None
        phrases = self._phrases(voice)
        # The room for the reply is measured with all ids: with fewer it takes no more.
        reserve = self._grammars.grammar(request.contract, [unit.id for unit in request.evidence], phrases).reserve
        prompt = self._prompts.prompt(
            request,
            instructions=voice.adapter.instructions if voice else "",
            distilled=voice is not None and voice.adapter.distilled,
            reply=self._reply_tokens + reserve,
        )
        grammar = self._grammars.grammar(request.contract, [unit.id for unit in prompt.evidence], phrases)
        decoding = Decoding(
            grammar=grammar,
            grammars=self._grammars,
            chooser=Chooser(style.temperature, style.seed),
            prior=EvidencePrior(prompt.evidence, self._prior),
            limit=self._reply_tokens,
        )
        taught = self._taught.replies(folder)
        drafts = Drafts((*grammar.shortest, prompt.tokens), taught=taught)
        return Job(prompt=prompt, decoding=decoding, drafts=drafts, voice=voice)

    def _phrases(self, voice: Voice | None) -> Phrases:
        """Return all that a reply's fields of free words may say; nothing where they say what they like."""
        if not self._closed:
            return frozenset()
        if voice is None:
            return self._taught.phrases(None)
        manifest = voice.adapter.manifest
        # What nothing binds must not decide what is said.
        if manifest is not None and manifest.drafts_sha256 is None:
            return frozenset()
        return self._taught.phrases(voice.adapter.folder, None if manifest is None else manifest.drafts_sha256)


def _usual_prior(name: str) -> float:
    return mini.PRIOR if name == mini.NAME else 0.0


def from_settings(settings: Settings) -> LocalModel:
    """Return the model that ``[answer] model = "local:FOLDER"`` means, with the registry of its adapters.

    Raises:
        ModelFilesError: It cannot be loaded safely, or the adapter that the settings name does not fit.
    """
    wanted = settings.answer
    name = wanted.model.removeprefix(_KIND)
    if not name or name == wanted.model:
        raise ModelFilesError(f"model {wanted.model!r} names no folder; write local:FOLDER under [answer]")
    model = LocalModel(name, quantization=wanted.quantization, registry=wanted.adapters, prior=wanted.evidence_prior)
    if wanted.adapter is not None:
        model.check(wanted.adapter, contract_named(wanted.contract))
    return model
