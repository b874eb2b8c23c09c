"""Tasks about invented firms: what a word in the question finds in a line, with lines that differ in one word.

They teach a small model to compare words exactly. Nothing in them is true, so nothing can be learned by heart.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from training.tasks.grounded import Grounded, Unit

_SYLLABLES = """\
al an ar bel ber cor dal den dor el fen gar hol ka kel lan lor mar mer nar nor ol pel ra ren sal sor tan ter val ven wen
zor""".split()
_THINGS = """\
account booking contract delivery device export filter gateway invoice invitation key ladder licence meter order parcel
password permit plan probe pump receipt refund report room sensor shipment subscription ticket valve visit voucher
warranty""".split()
_PLACES = """\
Aachen Bergen Cardiff Dover Exeter Faro Ghent Hull Izmir Jena Kiel Leeds Malmo Narvik Oslo Porto Riga Siena Turku Vigo
York""".split()
_MONTHS = """\
January February March April May June July August September October November December""".split()
_TEAMS = """\
billing desk
help desk
night shift
field team
legal office
security team
partner office
front desk
warehouse
training team""".splitlines()
_PERIODS = ("days", "weeks", "months", "hours", "minutes")
_COLOURS = ("red", "green", "blue", "amber", "white", "violet", "grey", "orange")
_PAGES = ("Account", "Orders", "Devices", "People", "Billing", "Profile")

_UNANSWERED = 0.18
# Part of the tasks in which each firm stands in one line, so that its name alone finds the answer.
_PLAIN = 0.4
_AN = re.compile(r"\b([Aa]) (?=[aeiou])")


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """Something that a firm says of its things; ``{0}`` is the firm, ``{1}`` the thing, ``{2}`` what is said."""

    asked: tuple[str, ...]
    said: tuple[str, ...]
    value: Callable[[random.Random], str]


def _number(generator: random.Random) -> str:
    return str(generator.choice((generator.randint(2, 30), generator.randint(2, 99), 10 * generator.randint(2, 90))))


_KINDS = (
    _Kind(
        asked=(
            "How long is the {1} of {0} valid?",
            "For how long can I use a {0} {1}?",
            "when does a {0} {1} expire",
            "How much time do I have for the {0} {1}?",
        ),
        said=(
            "A {0} {1} is valid for {2}.",
            "The {1} of {0} expires after {2}.",
            "You can use a {1} from {0} for {2}.",
            "{0}: each {1} ends {2} after its first use.",
        ),
        value=lambda generator: f"{_number(generator)} {generator.choice(_PERIODS)}",
    ),
    _Kind(
        asked=(
            "How much does a {0} {1} cost?",
            "What is the price of the {0} {1}?",
            "what do i pay for a {1} at {0}",
            "Is the {0} {1} free?",
        ),
        said=(
            "The {0} {1} costs {2} a month.",
            "{0} charges {2} for a {1}.",
            "| {0} | {1} | {2} |",
            "A {1} from {0} is {2} before tax.",
            "We offer the {0} {1} at {2}.",
        ),
        value=lambda generator: f"{generator.choice('$€£')}{_number(generator)}",
    ),
    _Kind(
        asked=(
            "Where do I collect the {1} from {0}?",
            "Where is the {1} of {0} kept?",
            "Which town handles a {0} {1}?",
        ),
        said=(
            "The {1} of {0} is kept in {2}.",
            "You collect a {0} {1} in {2}.",
            "{2} is where every {1} of {0} is handled.",
        ),
        value=lambda generator: generator.choice(_PLACES),
    ),
    _Kind(
        asked=(
            "Who approves the {1} of {0}?",
            "Who do I ask about a {0} {1}?",
            "who is responsible for {0} {1}s",
            "Which team looks after the {0} {1}?",
        ),
        said=(
            "The {2} approves every {1} of {0}.",
            "Ask the {2} about a {0} {1}.",
            "A {1} at {0} is the job of the {2}.",
        ),
        value=lambda generator: generator.choice(_TEAMS),
    ),
    _Kind(
        asked=(
            "When does the {0} {1} change?",
            "When did {0} end the old {1}?",
            "what date does the new {0} {1} start",
        ),
        said=(
            "The new {1} of {0} starts in {2}.",
            "{0} changed its {1} in {2}.",
            "From {2} on, {0} has another {1}.",
        ),
        value=lambda generator: f"{generator.choice(_MONTHS)} {generator.randint(2019, 2029)}",
    ),
    _Kind(
        asked=(
            "How do I change my {0} {1}?",
            "How can I cancel a {1} at {0}?",
            "i want to replace the {1} of {0}, how",
            "How do I set up the {0} {1}?",
        ),
        said=(
            "To change or cancel a {0} {1}, open **Settings** and choose **{2}**.",
            "Set up or replace the {1} of {0} under {2}.",
            "- Open the {2} page to change a {0} {1}.",
        ),
        value=lambda generator: generator.choice(_PAGES),
    ),
    _Kind(
        asked=(
            "What does the {2} light on the {0} {1} mean?",
            "Why is my {0} {1} blinking {2}?",
            "The {1} of {0} shows a {2} light, what now?",
        ),
        said=(
            "A {2} light on the {0} {1} means that it is updating.",
            "If the {1} of {0} blinks {2}, restart it.",
            "{0} {1}: {2} means no connection.",
        ),
        value=lambda generator: generator.choice(_COLOURS),
    ),
)


def tasks(generator: random.Random, count: int) -> Iterator[Grounded]:
    """Yield tasks; the same generator state yields the same ones."""
    for _ in range(count):
        yield _task(generator)


def _task(generator: random.Random) -> Grounded:
    facts = _plain_facts(generator) if generator.random() < _PLAIN else _near_facts(generator)
    made = [_fact(generator, name, thing, kind) for name, thing, kind in facts]
    titles = [_title(generator, name, thing) for name, thing, _ in facts]
    units = [Unit(title=title, text=text) for title, (_, text) in zip(titles, made, strict=True)]
    task = Grounded(
        question=made[0][0], answers=(units[0],), others=tuple(units[1:]), status="answered", source="invented"
    )
    return task.unanswered() if generator.random() < _UNANSWERED else task


_Facts = list[tuple[str, str, _Kind]]


def _plain_facts(generator: random.Random) -> _Facts:
    """Return facts about different firms."""
    count = generator.randint(2, 8)
    return [(_name(generator), generator.choice(_THINGS), generator.choice(_KINDS)) for _ in range(count)]


def _near_facts(generator: random.Random) -> _Facts:
    """Return facts of which many share the firm, the thing or what is said."""
    kinds = generator.sample(_KINDS, 2)
    names = [_name(generator) for _ in range(generator.randint(2, 6))]
    things = generator.sample(_THINGS, 3)
    facts = [(name, thing, kind) for name in names for thing in things for kind in kinds]
    generator.shuffle(facts)
    return facts[: generator.randint(3, 14)]


def _fact(generator: random.Random, name: str, thing: str, kind: _Kind) -> tuple[str, str]:
    """Return a question and the line that answers it."""
    asked, said = generator.choice(kind.asked), generator.choice(kind.said)
    value = kind.value(generator)
    return _AN.sub(r"\1n ", asked.format(name, thing, value)), _AN.sub(r"\1n ", said.format(name, thing, value))


def _name(generator: random.Random) -> str:
    return "".join(generator.sample(_SYLLABLES, generator.choice((2, 2, 3)))).capitalize()


def _title(generator: random.Random, name: str, thing: str) -> str:
    things = f"{thing.capitalize()}s"
    return generator.choice((f"{name} > {things}", things, f"{name} handbook", f"Help > {name}", "Help"))
