"""Each rule held against what is known, in the order in which rules decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from hybrid.advise.conflicts import ENOUGH, FEW, STYLE
from hybrid.advise.facts import Facts
from hybrid.advise.rules import Finding, Number, Says, found
from hybrid.evaluation.check import MIN_RECALL

KNOWLEDGE = frozenset({"facts", "citations"})
"""Goals that concern what is said."""

PLATEAU = 3
"""Evaluations that show one."""

PROGRESS = 0.02
"""A score that rises by less is no progress: that much lies within the noise of two hundred rows."""

_OFTEN = frozenset({"weekly", "daily"})
_UNSTABLE = frozenset({"monthly", "weekly", "daily"})
_WEEKS_TO_PAY = 26.0
_PILOT = (4.0, 8.0)


def weigh(facts: Facts) -> Iterator[Finding]:
    """Yield what every rule says."""
    for rule in _RULES:
        yield from rule(facts)


def _recall(facts: Facts) -> Iterator[Finding]:
    check = facts.check
    if check is None:
        yield found(10, "missing", "recall on golden questions was not measured; run: hybrid recall-check GOLDEN")
        return
    numbers: Mapping[str, Number] = {
        "recall": round(check.recall, 4),
        "limit": MIN_RECALL,
        "questions": check.answerable,
    }
    measured = f"{check.golden} ({check.created.date().isoformat()})"
    what = f"recall@5 is {check.recall:.3f} on {check.answerable} questions of {measured}"
    if check.recall < MIN_RECALL:
        yield found(
            10, "retrieval", f"{what}, below {MIN_RECALL:.2f}: mend index and chunking first", numbers, blocks=True
        )
    else:
        yield found(10, "note", f"{what}, at least {MIN_RECALL:.2f}", numbers)


def _leaks(facts: Facts) -> Iterator[Finding]:
    if facts.check is not None and facts.check.leaks:
        text = f"the last check saw {facts.check.leaks} leaks: mend who may read what before anything else"
        yield found(51, "retrieval", text, {"leaks": facts.check.leaks}, blocks=True)


def _knowledge(facts: Facts) -> Iterator[Finding]:
    goals, rate = set(facts.intent.goals), facts.facts_change
    if not goals:
        yield found(4, "missing", "nobody said what should become better; write goals into advise.toml")
        return
    if rate is None:
        yield found(3, "missing", "how often facts change is not known yet; write facts_change into advise.toml")
    changing = f"facts change {_how_often(facts)}" if rate else "how often facts change is not known"
    numbers: Mapping[str, Number] = {"facts_change": rate or "not known", "goals": ", ".join(facts.intent.goals)}
    if goals <= KNOWLEDGE:
        yield found(3, "retrieval", f"the goals are {_and(goals)}, and {changing}: index them", numbers, blocks=True)
    elif goals & KNOWLEDGE or rate in _OFTEN:
        yield found(3, "note", f"{changing}: facts stay in the index, whatever is trained", numbers)


def _how_often(facts: Facts) -> str:
    changes = facts.changes
    if changes is None or changes.rate is None:
        return f"{facts.intent.facts_change}, as somebody said"
    return f"{changes.rate}: {changes.changed} changes of {changes.documents} documents in {changes.days} days"


def _good_enough(facts: Facts) -> Iterator[Finding]:
    if facts.evaluations and (gate := facts.evaluations[-1].gate) is not None and not gate.passed:
        yield found(41, "note", f"{facts.evaluations[-1].adapter} did not pass the gate: what it replaces is kept")
    wanted = facts.intent.good_enough
    if wanted is None or not facts.evaluations:
        return
    last = facts.evaluations[-1].score
    if last >= wanted:
        text = f"the last evaluation reached {last:.3f} of the {wanted:.3f} that is enough: there is nothing to do"
        yield found(41, "nothing", text, {"score": last, "good_enough": wanted}, blocks=True)


def _format(facts: Facts) -> Iterator[Finding]:
    goals, tried = set(facts.intent.goals), facts.intent.tried
    if goals == {"format"}:
        text = "a contract keeps the format of every model, trained or not: write one instead of training"
        yield found(5, "prompt", text, {"goals": "format"}, blocks=True)
    elif goals & {"format", "labels"} and tried is not None and "structured-output" not in tried:
        text = "the goals name a format or labels, and structured output was not tried: answer by a contract first"
        yield found(5, "prompt", text, {"tried": ", ".join(tried) or "nothing"}, blocks=True)


def _prompt(facts: Facts) -> Iterator[Finding]:
    tried = facts.intent.tried
    if tried is None:
        yield found(1, "missing", "nobody said what was tried; write tried into advise.toml")
    elif "prompt" not in tried:
        text = "no prompt was tried on held-out questions: that takes a day"
        yield found(1, "prompt", text, {"tried": ", ".join(tried) or "nothing"}, blocks=True)


def _writable(facts: Facts) -> Iterator[Finding]:
    possible, changes = facts.intent.pairs_possible, facts.intent.behaviour_changes
    if possible is None:
        yield found(8, "missing", "nobody said whether the wished replies can be written down (pairs_possible)")
    elif not possible:
        text = "nobody can write the wished reply the same way each time: agree on it first, in a prompt"
        yield found(8, "prompt", text, {"pairs_possible": "no"}, blocks=True)
    if changes in _UNSTABLE:
        text = (
            f"the wished behaviour itself changes {changes}: each change would be another training; keep it in a prompt"
        )
        yield found(4, "prompt", text, {"behaviour_changes": changes or ""}, blocks=True)


def _pairs(facts: Facts) -> Iterator[Finding]:
    count, labelling = facts.approved, facts.intent.labelling
    if count is None:
        yield found(7, "missing", "no reviewed pairs were counted; name their files as examples in advise.toml")
        return
    numbers: Mapping[str, Number] = {"approved": count, "waiting": facts.waiting, "enough": ENOUGH}
    what = f"{count:,} reviewed pairs"
    if count >= ENOUGH:
        yield found(7, "note", f"{what}, at least {ENOUGH}", numbers)
    elif not labelling:
        who = "nobody labels more" if labelling is False else "nobody said that more are being labelled"
        yield found(7, "prompt", f"{what} are fewer than {ENOUGH}, and {who}", numbers, blocks=True)
    elif count >= FEW and set(facts.intent.goals) and set(facts.intent.goals) <= STYLE:
        yield found(7, "note", f"{what} are few, but the goal is style and more are being labelled", numbers)
    else:
        text = f"{what} are fewer than {ENOUGH}; more are being labelled: go on, and prompt meanwhile"
        yield found(7, "prompt", text, numbers)


def _plateau(facts: Facts) -> Iterator[Finding]:
    seen = facts.evaluations
    if facts.several:
        text = f"evaluations of {', '.join(facts.several)} are known; say which of them with --adapter"
        yield found(6, "missing", text)
        return
    if len(seen) < PLATEAU:
        text = f"{len(seen)} evaluations on held-out rows are known, {PLATEAU} show whether progress has stopped"
        yield found(6, "missing", text, {"evaluations": len(seen)})
        return
    last = seen[-PLATEAU:]
    gain = max(each.score for each in last[1:]) - last[0].score
    worst = [each.worst for each in last]
    numbers: Mapping[str, Number] = {
        "evaluations": len(seen),
        "scores": ", ".join(f"{each.score:.3f}" for each in last),
        "gain": round(gain, 4),
        "worst": ", ".join(name or "none" for name in worst),
    }
    if gain >= PROGRESS:
        text = f"the last {PLATEAU} evaluations still gained {gain:.3f}: go on with the prompt"
        yield found(6, "prompt", text, numbers)
    elif worst[0] is not None and len(set(worst)) == 1:
        share = last[-1].error_classes[worst[0]]
        text = f"the last {PLATEAU} evaluations gained {gain:.3f} and all fail most by {worst[0]!r}: train on these"
        yield found(6, "adapter", text, {**numbers, "share": round(share, 4)})
    else:
        text = f"the last {PLATEAU} evaluations gained {gain:.3f}, but fail in different ways: look at rows first"
        yield found(6, "prompt", text, numbers)


def _payback(facts: Facts) -> Iterator[Finding]:
    only_cost = set(facts.intent.goals) == {"cost"}
    if not facts.paybacks:
        text = "break-even is not known; run: hybrid adapter plan RECIPE with prices and --json, name it as plan"
        yield found(9, "missing", text)
        return
    for payback in facts.paybacks:
        if payback.weeks is None:
            why = "it may never pay back" if payback.questions is None else "nobody said how many questions come"
            says: Says = "prompt" if only_cost and payback.questions is None else "note"
            text = f"against {payback.against}: {why}"
            yield found(9, says, text, {"against": payback.against}, blocks=says == "prompt")
            continue
        low, high = payback.weeks
        late = high > _WEEKS_TO_PAY
        text = f"against {payback.against}: pays back after {low:,.1f} to {high:,.1f} weeks"
        text += f", more than {_WEEKS_TO_PAY:.0f}" if late else ""
        says = "note" if not only_cost else "prompt" if late else "adapter"
        yield found(9, says, text, {"weeks_low": round(low, 2), "weeks_high": round(high, 2)}, blocks=says == "prompt")


def _volume(facts: Facts) -> Iterator[Finding]:
    if facts.intent.per_week is None:
        yield found(11, "missing", "how many questions come a week is not known (per_week)")
    else:
        text = f"{facts.intent.per_week:,.0f} questions a week"
        yield found(11, "note", text, {"per_week": facts.intent.per_week})


def _method(facts: Facts) -> Iterator[Finding]:
    if facts.method == "full":
        text = "the recipe trains all weights: an adapter does nearly as well, and can be rolled back"
        yield found(16, "adapter", text, {"method": "full"}, blocks=True)
    if facts.intent.data_may_leave is None:
        yield found(14, "missing", "nobody said whether training data may go to a provider (data_may_leave)")
    else:
        may = "may" if facts.intent.data_may_leave else "may not"
        text = f"data {may} leave: {'a provider is possible too' if facts.intent.data_may_leave else 'train here'}"
        yield found(14, "note", text)


def _record(facts: Facts) -> Iterator[Finding]:
    intent = facts.intent
    if not intent.must_be_true:
        yield found(12, "missing", "nobody said what must be true (must_be_true)")
    if not intent.cost_of_failure:
        yield found(12, "missing", "nobody said what failure costs (cost_of_failure)")
    for name, owner in (("business", intent.owners.business), ("technical", intent.owners.technical)):
        if not owner:
            yield found(50, "missing", f"there is no {name} owner (owners.{name})")
    weeks, metrics = intent.pilot.weeks, intent.pilot.metrics
    if weeks is None or not metrics:
        yield found(13, "missing", "the pilot has no length or no metrics (pilot.weeks, pilot.metrics)")
    elif not _PILOT[0] <= weeks <= _PILOT[1]:
        text = f"a pilot of {weeks:g} weeks is outside {_PILOT[0]:g} to {_PILOT[1]:g}"
        yield found(13, "note", text, {"weeks": weeks})


def _later(facts: Facts) -> Iterator[Finding]:
    yield found(15, "note", "an adapter is trained anew with its data, and what it learned is hard to unlearn")
    if facts.intent.retrain is None:
        yield found(47, "missing", "nobody said how often it is meant to be trained anew (retrain)")
    elif facts.intent.retrain in ("never", "yearly"):
        yield found(47, "note", "no regular training is planned: tracking and pipelines would be overhead")
    else:
        yield found(47, "note", f"trained anew {facts.intent.retrain}: tracking, experiments and drift are worth it")


def _and(goals: Iterable[str]) -> str:
    return " and ".join(sorted(goals))


_RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _leaks,
    _recall,
    _good_enough,
    _knowledge,
    _format,
    _prompt,
    _writable,
    _pairs,
    _payback,
    _method,
    _plateau,
    _volume,
    _record,
    _later,
)
