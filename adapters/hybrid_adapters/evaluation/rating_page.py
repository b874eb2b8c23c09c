"""The rating sheet as one page that opens in a browser, without a server, and writes the CSV that ``rate`` reads."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from hybrid._files import replace_file
from hybrid_adapters.evaluation.rating import CRITERIA, Item, sheet

_PAGES = (".html", ".htm")


def write_sheet(file: Path, found: Sequence[Item], dataset: str) -> None:
    """Write replies to rate: a page for a browser where the file's name says so, else CSV.

    Raises:
        StorageError: The disk is full or refuses.
    """
    replace_file(file, rating_page(found, dataset) if file.suffix.lower() in _PAGES else sheet(found))


def rating_page(found: Sequence[Item], dataset: str) -> str:
    """Return the page. It loads nothing and sends nothing; what was rated stays in the browser until it is saved.

    Args:
        found: Replies in the order in which they are shown.
        dataset: Version of the rows, by which the browser knows what was rated before.
    """
    script = files("hybrid_adapters.evaluation").joinpath("templates/rating.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Replies hold text of documents: nothing in them may end the element that they stand in.
    data = json.dumps({"dataset": dataset, "criteria": CRITERIA, "items": [asdict(each) for each in found]})
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("hybrid_adapters.evaluation"), PackageLoader("hybrid.evaluation.report")]),
        autoescape=True,
        undefined=StrictUndefined,
    )
    template = environment.get_template("rating.html.j2")
    return template.render(script=script, digest=digest, data=data.replace("<", "\\u003c"), criteria=CRITERIA)
