"""The form of a prompt as one hash: rows that were made by another form than serving's are found out by it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hybrid.answering.prompt import messages
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract
from hybrid.types import Evidence, Passage, StageScores

# One unit of each kind that is written differently: prose, a row below its head, an item, code, what is cleaned away.
_UNITS = (
    ("Refunds take 5 days.", ""),
    ("| Paddle | 39 |", "| Plan | Monthly |"),
    ("- By card", "You may pay:"),
    ("```sh\nls\n```", ""),
    ("Not\u200b seen <!-- this -->", ""),
)


def prompt_form_hash(contract: Contract[Any], *, instructions: str, distilled: bool) -> str:
    """Return SHA-256 (hex) of the messages that a fixed request becomes.

    It changes with rules, contract, instructions, and with how evidence and question are written.

    Args:
        contract: What replies look like.
        instructions: How the voice was told to speak.
        distilled: Whether the first message is left out.
    """
    request = ReplyRequest(question="How\nlong?", evidence=tuple(map(_unit, range(len(_UNITS)))), contract=contract)
    # The contract shapes the reply also where no brief of it is read.
    form = [contract.hash, messages(request, instructions=instructions, distilled=distilled)]
    return hashlib.sha256(json.dumps(form, ensure_ascii=False).encode()).hexdigest()


def _unit(place: int) -> Evidence:
    text, context = _UNITS[place]
    passage = Passage(
        document_id="probe:a.md",
        uri="probe:a.md",
        title="A | B",
        version="",
        text=text,
        start=0,
        end=len(text),
        lines=(1, 1),
        heading_path=("One", "Two"),
        scores=StageScores(fused=0.0),
    )
    return Evidence(
        id=f"E{place + 1}", passage=passage, text=text, context=context, start=0, end=len(text), lines=(1, 1)
    )
