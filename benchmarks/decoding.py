"""Writing replies by contract, compared with ``transformers.generate`` under the same grammar."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest.mock import patch

from pydantic import BaseModel, Field

from benchmarks._generate import Generate
from benchmarks._random_model import paragraphs, questions, save_random_model
from benchmarks.rows import Outcome, Row, at_least, below
from benchmarks.timing import Call, interleaved, percentile
from hybrid.answering.request import Limits, ReplyRequest
from hybrid.contract import Contract, Quote, SupportReply
from hybrid.errors import ModelFilesError
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._network import Network

_PATIENT = Limits(first_token=None, idle=None, total=None)
_UNITS = 12
_REPLY_TOKENS = 256
# A pass that reads so many tokens reads a prompt, not a reply.
_PROMPT = 64
_WARM_UP = 2
_MINE, _PEER = "contract decoding", "generate"


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
    processor: float = 0.0
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
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as made:
        for model in _models(Path(made), quick=quick):
            rows += _figures(model, rounds=4 if quick else model.rounds)
    return Outcome(
        rows=tuple(rows),
        setting={
            "models": "1 thread, weights in 4 bits; hybrid-mini without its prior; random: a Llama of 124 M untrained "
            "weights (hidden 896, 12 layers, vocabulary up to 8,192), which writes phrases that no guess foresees",
            "question": f"{_UNITS} units of evidence, others for each question",
            "generate": "transformers.generate with the network as transformers loads it: greedy, KV cache, the same "
            "grammar as a LogitsProcessor; forced tokens are set without a mask but still take a pass each; prompt and "
            "grammar are made before its clock starts; contract decoding keeps the part of the prompt that is the same "
            "for all questions, which is little for hybrid-mini",
            "generate, same network": "the same with the network as contract decoding prepares it: small 4-bit weights "
            "unpacked once, attention in blocks",
            "processor time": "of the whole process, which other work on the machine changes less than the clock",
            "mask share": "masks and the choices under them, of the answer without the pass that reads the prompt",
            "overhead": "reply() without its forward passes: prompt, grammar, masks, choices, threads",
        },
    )


@dataclass(frozen=True, kw_only=True)
class _Model:
    name: str
    folder: Path
    rounds: int


def _models(made: Path, *, quick: bool) -> Iterator[_Model]:
    from hybrid_adapters.mini import NAME, mini_folder

    with suppress(ModelFilesError):
        yield _Model(name=NAME, folder=mini_folder(), rounds=30)
    save_random_model(made, small=quick)
    yield _Model(name="random", folder=made, rounds=8)


def _figures(model: _Model, *, rounds: int) -> Iterator[Row]:
    mine = LocalModel(str(model.folder), quantization="nf4", reply_tokens=_REPLY_TOKENS)
    try:
        peers = {
            name: Generate(model.folder, "nf4", reply_tokens=_REPLY_TOKENS, quickened=quickened)
            for name, quickened in ((_PEER, False), (f"{_PEER}, same network", True))
        }
        for contract in (Contract(Pointed), Contract(SupportReply)):
            for row in _compared(mine, peers, contract, rounds):
                yield replace(row, name=f"{model.name}, {contract.name}: {row.name}")
    finally:
        mine.close()


def _compared(model: LocalModel, peers: dict[str, Generate], contract: Contract[Any], rounds: int) -> Iterator[Row]:
    requests = [_request(contract, number) for number in range(rounds)]
    prepared = [peers[_PEER].prepare(request) for request in requests]
    written = [_reply(model, request) for request in requests]
    for name, peer in peers.items():
        equal = sum(text == peer.reply(its) for text, its in zip(written, prepared, strict=True))
        yield Row(name=f"equal texts, {name}", figure=equal, unit="answers", n=rounds)
    spent: dict[str, list[_Spent]] = {name: [] for name in (_MINE, *peers)}

    def peer_call(name: str) -> Call:
        return lambda number: spent[name].append(_watched_peer(peers[name], prepared[number]))

    calls: dict[str, Call] = {name: peer_call(name) for name in peers}
    calls[_MINE] = lambda number: spent[_MINE].append(_watched(lambda: _reply(model, requests[number])))
    interleaved(calls, rounds, warm_up=_WARM_UP)
    measured = {name: each[_WARM_UP:] for name, each in spent.items()}
    yield from _speed_rows(measured)
    yield from _share_rows(measured[_MINE])


def _speed_rows(spent: dict[str, list[_Spent]]) -> Iterator[Row]:
    for name, each in spent.items():
        n, middle = len(each), _middle(each)
        yield Row(name=f"{name}, p50 per answer", figure=1e3 * middle.total, unit="ms", n=n)
        yield Row(name=f"{name}, reading the prompt, p50", figure=1e3 * middle.prompt, unit="ms", n=n)
        if name == _MINE:
            continue
        mine, target = _middle(spent[_MINE]), at_least(3.0) if name == _PEER else None
        yield Row(name=f"speed-up over {name}", figure=middle.total / mine.total, unit="x", n=n, target=target)
        without = (middle.total - middle.prompt) / (mine.total - mine.prompt)
        yield Row(name=f"speed-up over {name}, without the prompt", figure=without, unit="x", n=n)
        processor = middle.processor / mine.processor
        yield Row(name=f"speed-up over {name}, processor time", figure=processor, unit="x", n=n)


def _middle(spent: Sequence[_Spent]) -> _Spent:
    return _Spent(
        total=percentile([each.total for each in spent], 50),
        prompt=percentile([each.prompt for each in spent], 50),
        processor=percentile([each.processor for each in spent], 50),
    )


def _share_rows(spent: Sequence[_Spent]) -> Iterator[Row]:
    n = len(spent)
    decode = sum(each.total - each.prompt for each in spent)
    masks = sum(each.masks for each in spent)
    yield Row(name="forward passes, p50", figure=percentile([e.count for e in spent], 50), unit="passes", n=n)
    yield Row(name="masks and choices, of decode time", figure=100 * masks / decode, unit="%", n=n, target=below(2.0))
    overhead = percentile([each.total - each.passes for each in spent], 50)
    yield Row(name="answer overhead, p50", figure=1e3 * overhead, unit="ms", n=n, target=below(5.0))


def _watched(answer: Callable[[], object]) -> _Spent:
    spent = _Spent()
    with _clocks(spent):
        _time(spent, answer)
    return spent


def _watched_peer(peer: Generate, prepared: Any) -> _Spent:
    spent = _Spent()
    _time(spent, lambda: peer.reply(prepared))
    spent.prompt = peer.reading
    return spent


def _time(spent: _Spent, answer: Callable[[], object]) -> None:
    started, used = time.perf_counter(), time.process_time()
    answer()
    spent.total, spent.processor = time.perf_counter() - started, time.process_time() - used


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
