"""Personal data found by rules: what has a form of its own, checked by its check digits where it has some."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from hybrid.errors import MissingExtraError


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """A piece of personal data in a text."""

    kind: str
    """What it is."""

    start: int
    """Where it begins."""

    end: int
    """Where it ends."""


@dataclass(frozen=True, kw_only=True)
class _Rule:
    kind: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    of_documents: bool
    """Whether documents publish such a thing rightly, as they do the addresses of an office."""


def personal_data(text: str, *, quoted: bool = False) -> list[PersonalData]:
    """Return the personal data in a text, in order: e-mail, telephone, IBAN, card, IP address, national ids, birthdays.

    Names of people and postal addresses have no form of their own and are not found.

    Args:
        text: Any text.
        quoted: Whether a document says it: addresses, telephones and IP addresses are then the document's business.

    Raises:
        MissingExtraError: The package that knows the check digits is not installed.

    Example:
        >>> [found.kind for found in personal_data("Mail ana@gmx.de, or call +49 170 1234567.")]
        ['e-mail address', 'telephone number']
    """
    found: list[PersonalData] = []
    for rule in _RULES:
        if quoted and rule.of_documents:
            continue
        for match in rule.pattern.finditer(text):
            inside = any(match.start() < each.end and each.start < match.end() for each in found)
            if not inside and rule.check(match[0]):
                found.append(PersonalData(kind=rule.kind, start=match.start(), end=match.end()))
    return sorted(found, key=lambda each: each.start)


def masked(text: str) -> str:
    """Return the text with each piece of personal data replaced by its kind.

    Example:
        >>> masked("Write to ana@gmx.de!")
        'Write to [e-mail address]!'
    """
    parts: list[str] = []
    at = 0
    for each in personal_data(text):
        parts += (text[at : each.start], f"[{each.kind}]")
        at = each.end
    return "".join((*parts, text[at:]))


def _rules() -> Iterator[_Rule]:
    def rule(kind: str, pattern: str, check: Callable[[str], bool] = bool, *, of_documents: bool = False) -> _Rule:
        compiled = re.compile(pattern, re.IGNORECASE)
        return _Rule(kind=kind, pattern=compiled, check=check, of_documents=of_documents)

    yield rule("e-mail address", r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+", of_documents=True)
    yield rule("IBAN", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", _valid("iban"))
    yield rule("payment card", r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])", _is_card)
    yield rule("IP address", r"(?<![\w.:/])(?:\d{1,3}\.){3}\d{1,3}(?![\w/]|\.\d)", _is_address, of_documents=True)
    yield rule("IP address", r"(?<![\w:])[0-9a-f:]*:[0-9a-f]*:[0-9a-f:]+(?![\w/:])", _is_address, of_documents=True)
    for country, pattern, module in _NATIONAL:
        yield rule(f"national id ({country})", pattern, _valid(module))
    yield rule("identity document", _NAMED_ID, _has_number)
    yield rule("date of birth", _BORN)
    yield rule(
        "telephone number", r"(?<![\w+])(?<!\d )(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){7,13}(?![\w-])", of_documents=True
    )
    yield rule("telephone number", r"(?<![\w.,/-])(?<!\d )\(?0[1-9](?:[ )/-]{0,2}\d){7,11}(?![\w-])", of_documents=True)
    yield rule(
        "telephone number", r"(?<![\w.-])(?<!\d )\(?[2-9]\d\d\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])", of_documents=True
    )


_TELEPHONES = (
    r"(?<![\w+])(?<!\d )(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){7,13}(?![\w-])",
    r"(?<![\w.,/-])(?<!\d )\(?0[1-9](?:[ )/-]{0,2}\d){7,11}(?![\w-])",
    r"(?<![\w.-])(?<!\d )\(?[2-9]\d\d\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])",
)
_NATIONAL = (
    ("US", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", "us.ssn"),
    ("GB", r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", ""),
    ("FR", r"\b[1278] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}\b", "fr.nir"),
    ("ES", r"\b\d{8}-?[A-Z]\b", "es.dni"),
    ("ES", r"\b[XYZ]-?\d{7}-?[A-Z]\b", "es.nie"),
    ("IT", r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", "it.codicefiscale"),
    ("DE", r"(?<![\w-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w-])", "de.idnr"),
    ("CH", r"\b756\.?\d{4}\.?\d{4}\.?\d{2}\b", "ch.ssn"),
    ("BE", r"\b\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}\b", "be.nn"),
    ("PL", r"(?<![\w-])\d{11}(?![\w-])", "pl.pesel"),
    ("SE", r"(?<![\w-])(?:\d{2})?\d{6}[-+]\d{4}(?![\w-])", "se.personnummer"),
    ("FI", r"(?<![\w-])\d{6}[-+A]\d{3}[\dA-Y]\b", "fi.hetu"),
    ("DK", r"(?<![\w-])\d{6}-\d{4}(?![\w-])", "dk.cpr"),
    ("BR", r"(?<![\w-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])", "br.cpf"),
    ("IN", r"(?<![\w-])[2-9]\d{3} \d{4} \d{4}(?![\w-])", "in_.aadhaar"),
)
_NAMED_ID = (
    r"\b(?:passport|social security|national insurance|national id|identity card|id card|driv(?:er|ing)'?s? licen[cs]e|"
    r"tax (?:id|number)|ssn|nino|tax identification|bsn|ausweis\w*|personalausweis\w*|steuer-?id\w*)"
    r"(?: (?:number|no|nr|code|id|is|was|card))*[\s.:#-]{0,3}(?:is )?(?=[\w-]*\d)[A-Z0-9][A-Z0-9 -]{4,18}"
)
_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th|\.)? \w{3,9},? \d{4}|"
    r"\w{3,9} \d{1,2},? \d{4})"
)
_BORN = rf"\b(?:born|birth ?da(?:y|te)|date of birth|d\.?o\.?b\.?|geboren)\b[^.?!\n]{{0,15}}?{_DATE}"


def _valid(module: str) -> Callable[[str], bool]:
    return (lambda text: _checker(module)(text)) if module else bool


@cache
def _checker(module: str) -> Callable[[str], bool]:
    try:
        return import_module(f"stdnum.{module}").is_valid
    except ModuleNotFoundError:
        raise MissingExtraError(feature="finding personal data", extra="data") from None


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return digits[0] in "3456" and len(set(digits)) > 1 and _checker("luhn")(digits)


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.rstrip(":"))
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast or text.startswith("255."))


def _has_number(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= 5


_RULES = tuple(_rules())
