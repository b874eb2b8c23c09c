"""A thousand rows with two hundred and fifty defects in known places."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._rewording import REWORDINGS, reworded
from benchmarks.data import REPOSITORY

_SAMPLE = REPOSITORY / "examples" / "support_bot"
Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A file of rows, what they must not repeat, and which lines are defects."""

    lines: tuple[str, ...]
    kinds: dict[int, str]
    """Kind of defect by line number, from 1."""
    ways: dict[int, str]
    """How it was made."""
    golden: tuple[Fields, ...]
    held_out: tuple[Fields, ...]

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        names = ("rows.jsonl", "golden.jsonl", "held-out.jsonl")
        texts = (self.lines, [json.dumps(row) for row in self.golden], [json.dumps(row) for row in self.held_out])
        for name, lines in zip(names, texts, strict=True):
            (folder / name).write_text("".join(line + "\n" for line in lines), "utf-8")
        return folder / names[0], folder / names[1], folder / names[2]


def plant(seed: int, *, each: int = 50, rows: int = 1_000) -> Planted:
    """Return a set of rows in which a quarter is wrong."""
    chance = random.Random(seed)
    pool = [*_sample("formal-voice"), *_sample("support-voice"), *_invented(random.Random(seed + 1))]
    chance.shuffle(pool)
    held_out, clean = pool[:60], pool[60 : 60 + rows - 5 * each]
    assert len(clean) == rows - 5 * each, f"{len(pool)} rows are too few"
    golden = _rows(_SAMPLE / "golden.jsonl")
    made = _Made(chance=chance, clean=clean, held_out=held_out, golden=golden)
    defects = [
        (kind, *make(made, number))
        for kind, make in (
            ("duplicate", _duplicate),
            ("conflict", _conflict),
            ("format", _broken),
            ("leak", _leak),
            ("personal", _personal),
        )  # fmt: skip
        for number in range(each)
    ]
    everything = [("", "", json.dumps(row, ensure_ascii=False)) for row in clean]
    everything += [(kind, way, text) for kind, way, text in defects]
    chance.shuffle(everything)
    numbered = list(enumerate(everything, start=1))
    return Planted(
        lines=tuple(text for _, (_, _, text) in numbered),
        kinds={number: kind for number, (kind, _, _) in numbered if kind},
        ways={number: way for number, (kind, way, _) in numbered if kind},
        golden=tuple(golden),
        held_out=tuple(held_out),
    )


@dataclass(kw_only=True)
class _Made:
    chance: random.Random
    clean: Sequence[Fields]
    held_out: Sequence[Fields]
    golden: Sequence[Fields]
    taken: set[str] = field(default_factory=set[str])

    def row(self, *statuses: str) -> Fields:
        """Return a copy of a clean row that no defect was made from yet."""
        free = [row for row in self.clean if row["id"] not in self.taken and row["reply"]["status"] in statuses]
        found = self.chance.choice(free)
        self.taken.add(found["id"])
        return deepcopy(found)


def _named(row: Fields, name: str) -> Fields:
    return {**row, "id": name}


def _dumped(row: Fields) -> str:
    return json.dumps(row, ensure_ascii=False)


def _duplicate(made: _Made, number: int) -> tuple[str, str]:
    way = list(REWORDINGS)[number % len(REWORDINGS)]
    row = made.row("answered", "refused")
    row["question"] = reworded(row["question"], way, made.chance)
    row["reply"]["opening"] = made.chance.choice([other["reply"]["opening"] for other in made.clean])
    return way, _dumped(_named(row, f"d{number}"))


def _conflict(made: _Made, number: int) -> tuple[str, str]:
    way = ("same question", *REWORDINGS)[number % (1 + len(REWORDINGS))]
    row = made.row("answered")
    row["question"] = row["question"] if way == "same question" else reworded(row["question"], way, made.chance)
    label = ("refused", "clarify", "other evidence")[number % 3]
    if label == "other evidence":
        wrong = made.chance.choice(
            [o for o in made.clean if o["reply"]["evidence"] and not _documents(o) & _documents(row)]
        )
        row["reply"]["evidence"] = deepcopy(wrong["reply"]["evidence"])
    else:
        row["reply"] = {"status": label, "opening": "Sorry, that is not known here.", "evidence": [], "closing": ""}
    return f"{label}, {way}", _dumped(_named(row, f"c{number}"))


def _documents(row: Fields) -> set[str]:
    return {pointer["document"] for pointer in row["reply"]["evidence"]}


def _leak(made: _Made, number: int) -> tuple[str, str]:
    way = ("word for word", *REWORDINGS)[number // 2 % (1 + len(REWORDINGS))]
    if number % 2:
        row = deepcopy(made.held_out[number % len(made.held_out)])
        row["reply"]["opening"] = "Here is what we know:"
        where = "held-out"
    else:
        row, where = made.row("answered"), "golden"
        row["question"] = made.golden[(7 * number) % len(made.golden)]["question"]
    if way != "word for word":
        row["question"] = reworded(row["question"], way, made.chance)
    return f"{where}, {way}", _dumped(_named(row, f"l{number}"))


def _broken(made: _Made, number: int) -> tuple[str, str]:
    way = list(_BREAKS)[number % len(_BREAKS)]
    return way, _BREAKS[way](_named(made.row("answered"), f"f{number}"))


def _with(**changes: Any) -> Callable[[Fields], str]:
    return lambda row: _dumped({**row, **changes})


def _reply(**changes: Any) -> Callable[[Fields], str]:
    return lambda row: _dumped({**row, "reply": {**row["reply"], **changes}})


def _without(*names: str) -> Callable[[Fields], str]:
    return lambda row: _dumped({name: value for name, value in row.items() if name not in names})


def _chat(row: Fields) -> str:
    turns = [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": "Of course."}]
    return _dumped({"id": row["id"], "messages": turns})


_BREAKS: dict[str, Callable[[Fields], str]] = {
    "cut off": lambda row: _dumped(row)[: len(_dumped(row)) // 2],
    "single quotes": lambda row: str(row),
    "no question": _without("question"),
    "no era": _without("era"),
    "approved by nobody": _with(reviewer=None),
    "misspelt field": lambda row: _dumped(row).replace('"question"', '"qestion"', 1),
    "unknown decision": _with(decision="ok"),
    "unknown status": _reply(status="done"),
    "digits in a phrase": _reply(opening="You have 3 options:"),
    "address in a phrase": _reply(closing="See https://poolwright.example/help"),
    "markup in a phrase": _reply(opening="**Good news**:"),
    "phrase too long": _reply(opening="Well " * 60),
    "evidence by number": _reply(evidence=["E1"]),
    "answered with nothing": _reply(evidence=[]),
    "refused with evidence": _reply(status="refused"),
    "evidence as text": _reply(evidence="see the manual"),
    "reply as text": _with(reply="Just press the button."),
    "field of another contract": _reply(category="billing"),
    "field of the contract missing": lambda row: _dumped(
        {**row, "reply": {name: value for name, value in row["reply"].items() if name != "closing"}}
    ),
    "a chat among examples": _chat,
}


def _personal(made: _Made, number: int) -> tuple[str, str]:
    way = list(_PERSONAL)[number % len(_PERSONAL)]
    row = made.row("answered", "refused")
    row["question"] = f"{row['question']} {_PERSONAL[way](made.chance)}"
    # A new question by somebody else, not one more wording of the one it is made of.
    made.taken.add(row["id"])
    return way, _dumped(_named(row, f"p{number}"))


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def _card(chance: random.Random) -> str:
    body = chance.choice(("4", "51", "55")) + _digits(chance, 14)
    body = body[:15]
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(body)]
    check = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    number = f"{body}{check}"
    return " ".join(number[at : at + 4] for at in range(0, 16, 4)) if chance.random() < 0.5 else number


def _iban(chance: random.Random) -> str:
    account = _digits(chance, 18)
    check = 98 - int(account + "131400") % 97
    number = f"DE{check:02}{account}"
    return " ".join(number[at : at + 4] for at in range(0, 22, 4)) if chance.random() < 0.5 else number


def _people(chance: random.Random) -> tuple[str, str]:
    return chance.choice(["ana", "ben", "carla", "dmitri", "elif", "farid", "greta"]), chance.choice(
        ["roth", "silva", "ito", "okafor"]
    )


_PERSONAL: dict[str, Callable[[random.Random], str]] = {
    "e-mail": lambda c: "Write to {}.{}@{}.".format(*_people(c), c.choice(("gmx.de", "example.com", "mail.co.uk"))),
    "phone, international": lambda c: f"Call me: +49 {c.randint(151, 179)} {_digits(c, 4)} {_digits(c, 4)}",
    "phone, national": lambda c: f"My mobile is 0{c.randint(151, 179)}-{_digits(c, 7)}.",
    "phone, American": lambda c: f"Reach me at ({c.randint(201, 989)}) {c.randint(200, 999)}-{_digits(c, 4)} please.",
    "IBAN": lambda c: f"Take it from {_iban(c)}.",
    "card": lambda c: f"My card is {_card(c)}, valid until next year.",
    "IPv4": lambda c: f"I come from {c.randint(11, 199)}.{c.randint(1, 254)}.{c.randint(1, 254)}.{c.randint(1, 254)}.",
    "IPv6": lambda c: f"My address is 2001:db8:{_digits(c, 4)}:{_digits(c, 3)}::{_digits(c, 2)}",
    "social security number": lambda c: f"SSN {c.randint(100, 665)}-{c.randint(10, 99)}-{c.randint(1000, 9999)}",
    "passport": lambda c: f"My passport number is C{_digits(c, 8)}.",
    "national insurance number": lambda c: (
        f"I am {c.choice(('AB', 'JK', 'SR'))} {_digits(c, 2)} {_digits(c, 2)} "
        f"{_digits(c, 2)} {c.choice('ABCD')} at the tax office."
    ),
    "date of birth": lambda c: f"I was born on {c.randint(1, 28)}.{c.randint(1, 12)}.{c.randint(1950, 2005)}.",
}


def _sample(name: str) -> list[Fields]:
    return _rows(_SAMPLE / "voices" / f"{name}.jsonl")


def _rows(path: Path) -> list[Fields]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


_PLACES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple", "Oak",
    "Pine", "Rowan", "Spruce",
)  # fmt: skip
_THINGS = {
    "ferry": ("leave the pier", "the first ferry", "a season ticket", "dogs", "the captain's lounge"),
    "library": ("lend a film", "the reading room", "a lost card", "the night return box", "the map collection"),
    "bakery": ("order a cake", "the rye starter", "bread of yesterday", "the oven tour", "gluten-free rolls"),
    "workshop": ("rent the lathe", "the paint booth", "safety shoes", "the evening course", "the wood store"),
    "hostel": ("store luggage", "the family room", "late arrival", "the kitchen", "bed linen"),
    "cinema": ("bring my own food", "the matinee", "the balcony seats", "subtitled films", "a gift voucher"),
    "garden": ("pick the fruit", "the rose hall", "the compost", "guided walks", "the bee house"),
}  # fmt: skip
_ASKS = (
    "Where do I ask about {thing} of the {place} {kind}?",
    "How long in advance must {thing} at {place} {kind} be booked?",
    "Who looks after {thing} in the {kind} on {place} Street?",
    "Is there an extra fee for {thing} at the {place} {kind}?",
    "what do I do if {thing} at {place} {kind} is not available",
    "May children use {thing} of the {place} {kind} alone?",
)


def _invented(chance: random.Random) -> list[Fields]:
    """Return rows about places that do not exist; many ask nearly the same of different places."""
    asked = [
        (f"{place.lower()}-{kind}", ask.format(thing=thing, place=place, kind=kind))
        for kind, things in _THINGS.items()
        for thing in things[1:]
        for place in _PLACES
        for ask in _ASKS
    ]
    return [
        {
            "id": f"iv-{number}",
            "question": question,
            "as": {"user": None, "groups": []},
            "reply": {
                "status": "answered",
                "opening": chance.choice(("Here you go:", "Gladly:", "The house rules say:")),
                "evidence": [{"document": f"{document}.md", "quote": f"Rule {chance.randrange(10**6)} of {document}."}],
                "closing": chance.choice(("", "See you soon!")),
            },
            "era": "2026-06",
            "author": "inventor",
            "reviewer": "second",
            "decision": "approved",
            "tags": [],
        }
        for number, (document, question) in enumerate(chance.sample(asked, 260))
    ]
