"""Writing replies by contract, compared with ``transformers.generate`` under the same grammar."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest.mock import patch

from pydantic import BaseModel, Field

from benchmarks._generate import Generate
from benchmarks._random_model import paragraphs, questions, save_random_model
from benchmarks.rows import Outcome, Row, at_least, below
from benchmarks.timing import interleaved, percentile
from hybrid.answering.request import Limits, ReplyRequest
from hybrid.contract import Contract, Quote, SupportReply
from hybrid.errors import ModelFilesError
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._loading import Quantization
from hybrid_adapters.local._network import Network

_PATIENT = Limits(first_token=None, idle=None, total=None)
_UNITS = 12
_REPLY_TOKENS = 256
# A pass that reads so many tokens reads a prompt, not a reply.
_PROMPT = 64


class Pointed(BaseModel):
    """An answer in quotes alone: no word of the model's own."""

    status: Literal["answered", "refused"]
    sure: bool
    evidence: Annotated[list[Quote], Field(max_length=3)]
    more: Annotated[list[Quote], Field(max_length=3)]


@dataclass(kw_only=True)
class _Spent:
    """Seconds of one answer."""

    total: float = 0.0
    passes: float = 0.0
    prompt: float = 0.0
    masks: float = 0.0
    count: int = 0


def decoding(*, quick: bool) -> Outcome:
    """Return the time of an answer both ways, and where it goes."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as made:
        folder, model, kinds = _model(Path(made), quick=quick)
        rows = [row for kind in kinds for row in _figures(folder, kind, rounds=4 if quick else 30)]
    return Outcome(
        rows=tuple(rows),
        setting={
            "model": model,
            "question": f"{_UNITS} units of evidence, others for each question",
            "transformers.generate": "greedy, KV cache, the same grammar as a LogitsProcessor; forced tokens are set "
            "without a mask but still take a pass each; prompt and grammar are made before its clock starts; it reads "
            "the whole prompt each time, where contract decoding keeps the part that is the same for all questions",
            "mask share": "masks and the choices under them, of the answer without the pass that reads the prompt",
            "overhead": "reply() without its forward passes: prompt, grammar, masks, choices, threads",
        },
    )


def _model(made: Path, *, quick: bool) -> tuple[Path, str, Sequence[Quantization]]:
    """Return the folder of the bundled model, or else of one that is made, what it is, and how it can be loaded."""
    from hybrid_adapters.mini import NAME, mini_folder

    try:
        # Its weights are stored in 4 bits.
        return mini_folder(), f"{NAME}, 1 thread", ("nf4",)
    except ModelFilesError:
        save_random_model(made, small=quick)
    text = (
        "Llama with random weights, 17 M parameters (hidden 384, 8 layers, vocabulary up to 8,192), 1 thread; "
        "untrained weights write long phrases, which no trained model does, and no guess at what they say is right"
    )
    return made, text, ("fp32", "nf4")


def _figures(folder: Path, quantization: Quantization, *, rounds: int) -> Iterator[Row]:
    model = LocalModel(str(folder), quantization=quantization, reply_tokens=_REPLY_TOKENS)
    try:
        peer = Generate(folder, quantization, reply_tokens=_REPLY_TOKENS)
        for contract in (Contract(Pointed), Contract(SupportReply)):
            for row in _compared(model, peer, contract, rounds):
                yield replace(row, name=f"{quantization}, {row.name}")
    finally:
        model.close()


def _compared(model: LocalModel, peer: Generate, contract: Contract[Any], rounds: int) -> Iterator[Row]:
    requests = [_request(contract, number) for number in range(rounds)]
    prepared = [peer.prepare(request) for request in requests]
    equal = sum(_reply(model, request) == peer.reply(its) for request, its in zip(requests, prepared, strict=True))
    spent: list[_Spent] = []
    calls = {
        "mine": lambda number: spent.append(_watched(lambda: _reply(model, requests[number]))),
        "peer": lambda number: peer.reply(prepared[number]),
    }
    seconds = interleaved(calls, rounds, warm_up=2)
    del spent[:2]
    yield from _speed_rows(contract.name, seconds, equal)
    yield from _share_rows(contract.name, spent)


def _speed_rows(name: str, seconds: dict[str, list[float]], equal: int) -> Iterator[Row]:
    n = len(seconds["mine"])
    mine, peer = (percentile(seconds[who], 50) for who in ("mine", "peer"))
    yield Row(name=f"{name}: contract decoding, p50 per answer", figure=1e3 * mine, unit="ms", n=n)
    yield Row(name=f"{name}: transformers.generate, p50 per answer", figure=1e3 * peer, unit="ms", n=n)
    yield Row(name=f"{name}: speed-up", figure=peer / mine, unit="x", n=n, target=at_least(3.0))
    yield Row(name=f"{name}: answers with equal texts", figure=equal, unit="answers", n=n)


def _share_rows(name: str, spent: Sequence[_Spent]) -> Iterator[Row]:
    n = len(spent)
    decode = sum(each.total - each.prompt for each in spent)
    masks = sum(each.masks for each in spent)
    yield Row(name=f"{name}: forward passes, p50", figure=percentile([e.count for e in spent], 50), unit="passes", n=n)
    yield Row(
        name=f"{name}: reading the prompt, p50", figure=1e3 * percentile([e.prompt for e in spent], 50), unit="ms", n=n
    )
    yield Row(
        name=f"{name}: masks and choices, of decode time", figure=100 * masks / decode, unit="%", n=n, target=below(2.0)
    )
    overhead = percentile([each.total - each.passes for each in spent], 50)
    yield Row(name=f"{name}: answer overhead, p50", figure=1e3 * overhead, unit="ms", n=n, target=below(5.0))


def _watched(answer: Callable[[], object]) -> _Spent:
    spent = _Spent()
    with _clocks(spent):
        started = time.perf_counter()
        answer()
        spent.total = time.perf_counter() - started
    return spent


@contextmanager
def _clocks(spent: _Spent) -> Iterator[None]:
    logits, chosen = Network.logits, Decoding._chosen

    def timed_logits(network: Network, tokens: Any, *rest: Any, **more: Any) -> Any:
        started = time.perf_counter()
        found = logits(network, tokens, *rest, **more)
        taken = time.perf_counter() - started
        spent.passes += taken
        spent.count += 1
        spent.prompt += taken if len(tokens[0]) >= _PROMPT else 0.0
        return found

    def timed_chosen(*arguments: Any) -> Any:
        started = time.perf_counter()
        found = chosen(*arguments)
        spent.masks += time.perf_counter() - started
        return found

    with patch.object(Network, "logits", timed_logits), patch.object(Decoding, "_chosen", timed_chosen):
        yield


def _reply(model: LocalModel, request: ReplyRequest) -> str:
    *pieces, _ = model.reply(request)
    return "".join(map(str, pieces))


def _request(contract: Contract[Any], number: int) -> ReplyRequest:
    question, source = questions()[number]
    rng = random.Random(number)
    usable = [text for text in paragraphs() if 60 < len(text) < 240]
    # What the question is about, as a search would find it, among what it is not about.
    about = [text for text in paragraphs(source) if text in usable][: _UNITS // 2]
    chosen = [*about, *rng.sample([text for text in usable if text not in about], _UNITS - len(about))]
    rng.shuffle(chosen)
    evidence = tuple(_unit(place, text) for place, text in enumerate(chosen, start=1))
    return ReplyRequest(question=question, evidence=evidence, contract=contract, limits=_PATIENT)


def _unit(place: int, text: str) -> Evidence:
    passage = Passage(
        document_id="docs:page.md",
        uri="memory:page.md",
        title="Page",
        version="v1",
        text=text,
        start=0,
        end=len(text),
        lines=(1, 1),
        scores=StageScores(fused=1.0),
    )
    return Evidence(id=f"E{place}", passage=passage, text=text, start=0, end=len(text), lines=(1, 1), score=-place)
