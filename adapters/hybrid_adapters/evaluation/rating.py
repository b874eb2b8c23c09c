"""Rating by people: a blind sheet out, their ratings back in, and how far the raters agree."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hybrid.errors import RowsError
from hybrid.evaluation.agreement import cohen_kappa, krippendorff_alpha
from hybrid_adapters.evaluation.arms import Outcome
from hybrid_adapters.evaluation.records import Verdict
from hybrid_adapters.evaluation.report import Evaluation, now

CRITERIA = ("accuracy", "helpfulness", "format", "safety")
"""What is rated, each from 1 (bad) to 5 (good)."""

_ARMS = ("prompt", "remote", "tuned", "service")
_COLUMNS: tuple[str, ...] = ("item", "asked", "reference", "reply", *CRITERIA, "rater")
_BEST = 5


@dataclass(frozen=True, kw_only=True)
class Item:
    """A reply to rate."""

    item: str
    """A name that tells nothing of who wrote it."""

    asked: str
    """Question and evidence."""

    reference: str
    """The reply that was wanted."""

    reply: str
    """What came."""


def items(outcomes: Mapping[str, Outcome], dataset: str) -> list[Item]:
    """Return every reply of the compared arms, in an order that tells nothing of who wrote it.

    Args:
        outcomes: What each arm made of the rows.
        dataset: Version of the rows.
    """
    found = [
        Item(item=_item(dataset, name, row.id), asked=row.messages[-2].content, reference=row.reply, reply=each.reply)
        for name in _ARMS
        if name in outcomes
        for row, each in zip(outcomes[name].rows, outcomes[name].written, strict=True)
    ]
    # The hash is as good as a draw, and the same each time.
    return sorted(found, key=lambda each: each.item)


def sheet(found: Sequence[Item]) -> str:
    """Return a CSV sheet with replies to rate."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({name: _plain(cell) for name, cell in asdict(each).items()} for each in found)
    return text.getvalue()


def rated(evaluation: Evaluation, files: Sequence[Path]) -> Evaluation:
    """Return a report with the means of ratings by arm, and Krippendorff's alpha (ordinal) of each criterion.

    Where a judge was asked, ``kappa_judge_RIVAL`` is Cohen's kappa of its verdicts with those of the raters, who prefer
    the reply with the higher sum of mean ratings.

    Raises:
        RowsError: A file is no sheet, a rating is none, or it rates replies of another evaluation.
    """
    arms = {
        _item(evaluation.dataset.version, arm, row): arm
        for arm in _ARMS
        if arm in evaluation.per_row
        for row in evaluation.per_row[arm]
    }
    ratings: dict[str, dict[str, dict[str, float]]] = {name: defaultdict(dict) for name in CRITERIA}
    for place, rater, item, criterion, value in (each for file in files for each in _read(file)):
        if item not in arms:
            raise RowsError(f"{place}: item {item!r} is of no reply of this evaluation; rate the sheet that it wrote")
        ratings[criterion][item][rater] = value
    means = {
        arm: {name: mean for name in CRITERIA if (mean := _mean(ratings[name], arms, arm)) is not None}
        for arm in dict.fromkeys(arms.values())
    }
    alphas = {f"alpha_{name}": krippendorff_alpha(list(ratings[name].values())) for name in CRITERIA}
    kappas = _with_judge(evaluation, ratings)
    agreement = {name: value for name, value in {**alphas, **kappas}.items() if value is not None}
    return evaluation.model_copy(update={"ratings": means, "agreement": agreement, "created": now()})


def _with_judge(
    evaluation: Evaluation, ratings: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> dict[str, float | None]:
    if evaluation.judge is None:
        return {}
    found: dict[str, float | None] = {}
    for rival, rows in evaluation.judge.verdicts.items():
        pairs = [
            (verdict, _preferred(own, other))
            for row, verdict in rows.items()
            if (own := _liked(evaluation, ratings, "tuned", row)) is not None
            and (other := _liked(evaluation, ratings, rival, row)) is not None
        ]
        found[f"kappa_judge_{rival}"] = cohen_kappa([judge for judge, _ in pairs], [people for _, people in pairs])
    return found


def _liked(
    evaluation: Evaluation, ratings: Mapping[str, Mapping[str, Mapping[str, float]]], arm: str, row: str
) -> float | None:
    """Return the sum of a reply's mean ratings; None where a criterion was not rated."""
    item = _item(evaluation.dataset.version, arm, row)
    given = [ratings[name].get(item) for name in CRITERIA]
    return None if not all(given) else sum(sum(each.values()) / len(each) for each in given if each)


def _preferred(own: float, other: float) -> Verdict:
    return "tie" if own == other else "better" if own > other else "worse"


def _read(file: Path) -> Iterator[tuple[str, str, str, str, float]]:
    try:
        lines = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RowsError(f"{file}: cannot be read ({error}); give the sheet as CSV in UTF-8") from None
    if not lines or not {"item", *CRITERIA} <= lines[0].keys():
        raise RowsError(f"{file}: is no rating sheet; it needs the columns item, {', '.join(CRITERIA)} and rater")
    for number, line in enumerate(lines, start=1):
        place = f"{file}, rating {number}"
        for criterion in CRITERIA:
            if text := (line[criterion] or "").strip():
                yield (
                    place,
                    (line.get("rater") or "").strip() or file.stem,
                    line["item"],
                    criterion,
                    _value(text, place),
                )


def _value(text: str, place: str) -> float:
    if text not in {str(value) for value in range(1, _BEST + 1)}:
        raise RowsError(
            f"{place}: {text[:20]!r} is no rating; give a whole number from 1 to {_BEST}, or leave it empty"
        )
    return float(text)


def _mean(ratings: Mapping[str, Mapping[str, float]], arms: Mapping[str, str], arm: str) -> float | None:
    values = [value for item, given in ratings.items() if arms[item] == arm for value in given.values()]
    return sum(values) / len(values) if values else None


def _item(dataset: str, arm: str, row: str) -> str:
    return hashlib.sha256(f"{dataset}\0{arm}\0{row}".encode()).hexdigest()[:12]


def _plain(cell: str) -> str:
    # What begins so is a formula to spreadsheets.
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
