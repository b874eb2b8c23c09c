"""A contract in a few lines that a model can read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hybrid.contract import Contract
from hybrid.contract._schema import JsonSchema

_IDS = ("E1", "E2")
_ID = "evidence id"


def brief_of(contract: Contract[Any]) -> str:
    """Return one line for each field of a contract.

    Example:
        >>> from hybrid.contract import Contract, SupportReply
        >>> print(brief_of(Contract(SupportReply)).splitlines()[0])
        - status: "answered" | "refused" | "clarify"
    """
    return _briefs(contract)


@lru_cache(maxsize=64)
def _briefs(contract: Contract[Any]) -> str:
    branches = [branch["properties"] for branch in contract.exact_schema(_IDS)["anyOf"]]
    # Only an answer shows what may stand in every field: the other branches keep those for evidence empty.
    answered = next((branch for branch in branches if branch["status"]["enum"] == ["answered"]), branches[0])
    statuses = {"enum": [value for branch in branches for value in branch["status"]["enum"]]}
    return "\n".join(f"- {name}: {_kind(kind)}" for name, kind in {**answered, "status": statuses}.items())


def _kind(schema: JsonSchema) -> str:
    match schema:
        case {"anyOf": options}:
            return " or ".join(_kind(option) for option in options)
        case {"enum": values}:
            return _ID if tuple(values) == _IDS else " | ".join(_literal(value) for value in values)
        case {"type": "array", "items": item, "maxItems": most}:
            return f"list of up to {most}: {_kind(item)}"
        case {"type": "object", "properties": fields}:
            return "{" + ", ".join(f"{name}: {_kind(field)}" for name, field in fields.items()) + "}"
        case {"type": "string", "maxLength": most}:
            return f"words, at most {most} characters"
        case {"type": "integer"}:
            return "whole number"
        case {"type": kind}:
            return str(kind)
        case _:
            return "value"


def _literal(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case _:
            return str(value)
