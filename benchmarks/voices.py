"""The sample's two voices on questions they never learned from: which one speaks, after a swap and in a mixed crowd."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._free_writing import FreeWriter
from benchmarks._held_out import SAMPLE, HeldOut, Question, golden_questions, held_out_of
from benchmarks._voice_judge import VoiceJudge, phrases_of, right_on_unseen_phrases
from benchmarks.rows import Outcome, Row, Skipped, Target, at_least, at_most, below
from benchmarks.timing import percentile
from hybrid.answering.request import Limits, ReplyRequest, Style
from hybrid.config import AnswerSettings, load_settings
from hybrid.errors import ModelFilesError
from hybrid.evaluation.intervals import wilson_interval
from hybrid.pipeline import Pipeline
from hybrid.types import Answer
from hybrid_adapters.local.adapters import Adapter
from hybrid_adapters.mini import NAME, mini_folder
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.rows.asking import ask

if TYPE_CHECKING:
    from hybrid.protocols import Model

SUPPORT, FORMAL, BASE = "support-voice", "formal-voice", "base"
_ADAPTERS = SAMPLE / "adapters"
_BASE_REPLIES = 60
_QUICK = 6
_CROWD = 1_000
_TOGETHER = 8
_SEED = 7


@dataclass(kw_only=True)
class _Asked:
    """What one question got."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Phrases of each reply, by who spoke: a voice, the base, or ``again`` for the first voice after the second."""

    seconds: float = 0.0
    """Of the first voice's answer."""


def voices(*, quick: bool) -> Outcome:
    """Return how surely each voice speaks as it was taught, and what a change of voice costs."""
    held = _held_out()
    few = _QUICK // 2 if quick else _BASE_REPLIES // 2
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder) / "index") as pipeline:
        model = pipeline.composer.model
        taught = [question for each in held.values() for question in each.taught[:: max(1, len(each.taught) // few)]]
        base = [_phrases(model, request, None) for request in _requests(pipeline, taught)]
        judge = VoiceJudge({**{voice: each.taught_phrases for voice, each in held.items()}, BASE: base})
        questions = [question for each in held.values() for question in each.questions][: _QUICK if quick else None]
        asked = [_asked(pipeline, question) for question in questions]
        crowd = _crowd(model, _requests(pipeline, questions), 2 * _TOGETHER if quick else _CROWD)
        golden = _requests(pipeline, golden_questions()[:: 40 if quick else 1])
    free = FreeWriter(NAME, "nf4", [Adapter.of(Registry(_ADAPTERS).resolve(voice)) for voice in (SUPPORT, FORMAL)])
    rows = [
        *_judge_rows(judge, held),
        *_adherence_rows(judge, asked),
        *_crowd_rows(judge, crowd),
        *_free_rows(free, golden, 20 if quick else 200),
    ]
    return Outcome(
        rows=tuple(rows),
        setting={
            "questions": f"{len(questions)} held-out questions of both voices, about documents that no training row "
            "names; each is asked in both voices, and again in the first",
            "judge": "character n-grams of opening and closing, logistic regression over the two voices and the base; "
            f"taught on {sum(len(each.taught) for each in held.values())} training examples and {len(base)} replies of "
            "the base",
            "crowd": f"{len(crowd):,} requests of {_TOGETHER} threads, voices and base drawn by seed {_SEED}",
            "grammar off": f"the likeliest tokens on {len(golden)} golden questions; valid is JSON of the contract "
            "that points at nothing but the evidence shown",
        },
    )


def _held_out() -> Mapping[str, HeldOut]:
    try:
        mini_folder()
        registry = Registry(_ADAPTERS)
        return {voice: held_out_of(voice, registry.resolve(voice).manifest) for voice in (SUPPORT, FORMAL)}
    except ModelFilesError as error:
        raise Skipped(str(error)) from None


def _opened(index: Path) -> Pipeline:
    settings = load_settings(SAMPLE / "hybrid.toml")
    own = settings.index.model_copy(update={"path": index})
    answer = AnswerSettings(model=f"local:{NAME}", adapters=_ADAPTERS)
    pipeline = Pipeline.from_settings(settings.model_copy(update={"index": own, "answer": answer}))
    # A busy machine shall make an answer slow, and not end it.
    pipeline.composer = replace(pipeline.composer, limits=Limits(first_token=None, idle=None, total=None))
    pipeline.sync()
    return pipeline


def _requests(pipeline: Pipeline, questions: Sequence[Question]) -> list[ReplyRequest]:
    """Return what the model is asked; questions that are settled before it are left out."""
    asked = (ask(pipeline, question.text, question.principal) for question in questions)
    return [each.request for each in asked if each is not None and not each.refused]


def _asked(pipeline: Pipeline, question: Question) -> _Asked:
    asked = _Asked()
    for name, voice in ((SUPPORT, SUPPORT), (FORMAL, FORMAL), ("again", SUPPORT), (BASE, None)):
        started = time.perf_counter()
        answer = pipeline.ask(question.text, principal=question.principal, style=Style(adapter=voice))
        if name == SUPPORT:
            asked.seconds = time.perf_counter() - started
        if (text := _said(answer)) is not None:
            asked.texts[name] = text
    return asked


def _said(answer: Answer) -> str | None:
    """Return an answer's phrases; None where the pipeline refused before the model was asked."""
    return None if answer.data is None else phrases_of(answer.data.model_dump(include={"opening", "closing"}))


def _phrases(model: Model, request: ReplyRequest, voice: str | None) -> str:
    pieces = model.reply(replace(request, style=Style(adapter=voice)))
    written = "".join(piece for piece in pieces if isinstance(piece, str))
    return phrases_of(request.contract.parse(written).model_dump(include={"opening", "closing"}))


def _crowd(model: Model, requests: Sequence[ReplyRequest], count: int) -> list[tuple[str, str]]:
    """Return who was to speak and what was said, of requests that were answered at the same time."""
    chance = random.Random(_SEED)
    drawn = chance.choices(requests, k=count)
    speaking = chance.choices((SUPPORT, FORMAL, None), k=count)
    with ThreadPoolExecutor(_TOGETHER) as threads:
        said = threads.map(_phrases, [model] * count, drawn, speaking)
        return [(voice or BASE, text) for voice, text in zip(speaking, said, strict=True)]


def _judge_rows(judge: VoiceJudge, held: Mapping[str, HeldOut]) -> Iterator[Row]:
    pairs = [(voice, text) for voice, each in held.items() for text in each.phrases]
    found = judge.voices([text for _, text in pairs])
    yield _share(
        "judge: held-out examples given to their voice", _equal([voice for voice, _ in pairs], found), len(pairs)
    )
    phrases = {voice: sorted(set("\n".join(each.taught_phrases).split("\n"))) for voice, each in held.items()}
    yield _share("judge: phrases given to their voice by judges that never saw them", *right_on_unseen_phrases(phrases))


def _adherence_rows(judge: VoiceJudge, asked: Sequence[_Asked]) -> Iterator[Row]:
    for voice in (SUPPORT, FORMAL):
        texts = [each.texts[voice] for each in asked if voice in each.texts]
        right = _equal([voice] * len(texts), judge.voices(texts))
        yield _share(f"{voice}: replies judged to be in it", right, len(texts), at_least(0.95))
    texts = [each.texts[BASE] for each in asked if BASE in each.texts]
    taken = sum(voice != BASE for voice in judge.voices(texts))
    yield _share("base: replies taken for one of the voices", taken, len(texts))
    swapped = [each for each in asked if {SUPPORT, FORMAL, "again"} <= each.texts.keys()]
    back = sum(_is_swapped(judge, each) for each in swapped)
    yield _share(f"{SUPPORT}, {FORMAL} and back: right each time, and as at first", back, len(swapped), at_least(0.95))
    seconds = [each.seconds for each in asked if SUPPORT in each.texts]
    yield Row(
        name=f"{SUPPORT}: answer, search and checks included, p50",
        figure=percentile(seconds, 50),
        unit="s",
        n=len(seconds),
        target=below(1.0),
    )


def _is_swapped(judge: VoiceJudge, asked: _Asked) -> bool:
    first, other, again = (asked.texts[name] for name in (SUPPORT, FORMAL, "again"))
    return first == again and judge.voices([first, other]) == [SUPPORT, FORMAL]


def _crowd_rows(judge: VoiceJudge, crowd: Sequence[tuple[str, str]]) -> Iterator[Row]:
    spoken = [(voice, text) for voice, text in crowd if voice != BASE]
    found = judge.voices([text for _, text in spoken])
    wrong = len(spoken) - _equal([voice for voice, _ in spoken], found)
    yield Row(name="mixed requests answered in the wrong voice", figure=wrong, unit="", n=len(crowd), target=at_most(0))


def _free_rows(free: FreeWriter, golden: Sequence[ReplyRequest], rounds: int) -> Iterator[Row]:
    for name, voice, target in ((SUPPORT, SUPPORT, at_least(0.98)), (FORMAL, FORMAL, None), (BASE, None, None)):
        label = None if voice is None else free.label(voice)
        valid = sum(free.keeps_contract(request, label) for request in golden)
        yield _share(f"{name}: replies that keep the contract with the grammar off", valid, len(golden), target)
    cost, moved = free.swap(free.label(SUPPORT), free.label(FORMAL), rounds)
    milliseconds = 1e3 * percentile(cost, 50)
    yield Row(
        name="change of voice between two tokens, p50", figure=milliseconds, unit="ms", n=rounds, target=below(1.0)
    )
    yield Row(name="tensors of the base that were loaded again", figure=moved, unit="", n=rounds, target=at_most(0))


def _equal(one: Sequence[Any], other: Sequence[Any]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def _share(name: str, hits: int, n: int, target: Target | None = None) -> Row:
    if not n:
        raise Skipped(f"{name}: the model was asked none of the questions; calibrate the refusal threshold first")
    interval = wilson_interval(hits, n)
    return Row(name=name, figure=hits / n, unit="", n=n, interval=(interval.low, interval.high), target=target)
