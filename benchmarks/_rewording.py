"""Ways in which people say a question again: what a set of rows collects when several authors write it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_BEFORE = (
    "Hi, ", "Hello! ", "Good morning, ", "Quick question: ", "Could you tell me please: ", "Hey team, ",
    "I have read the manual twice and still wonder: ", "Sorry to bother you again, but ", "My colleague asks: ",
)  # fmt: skip
_AFTER = (
    " Thanks!", " Thank you in advance.", " Any help is welcome.", " Asking for a friend.", " Cheers, Tom",
    " It is a bit urgent.", " I could not find it anywhere.", "??",
)  # fmt: skip
_SYNONYMS = {
    "price": "cost", "costs": "charges", "cost": "come to", "need": "require", "needs": "requires", "find": "locate",
    "change": "alter", "changed": "altered", "begin": "start", "start": "begin", "allowed": "permitted",
    "buy": "purchase", "show": "display", "shows": "displays", "send": "mail", "get": "receive", "big": "large",
    "large": "big", "error": "fault", "problem": "issue", "broken": "defective", "happens": "occurs", "end": "finish",
    "ends": "finishes", "delete": "remove", "deleted": "removed", "remove": "delete", "answer": "respond",
    "many": "numerous", "often": "frequently", "quickly": "fast", "fast": "quickly", "bill": "invoice",
    "invoice": "bill", "phone": "telephone", "month": "calendar month", "possible": "feasible", "help": "assist",
    "explain": "clarify", "repair": "fix", "fix": "repair", "use": "employ", "used": "employed", "give": "provide",
    "keep": "retain", "kept": "retained", "stop": "halt", "stops": "halts", "wrong": "incorrect", "must": "has to",
    "company": "firm", "staff": "employees", "customer": "client", "customers": "clients", "switch": "change over",
    "choose": "select", "sure": "certain", "pay": "settle", "paid": "settled", "new": "fresh", "old": "previous",
}  # fmt: skip
_FRAMES = (
    (r"^how do (i|we) (.+?)\?*$", r"What is the way to \2?"),
    (r"^how can (i|we) (.+?)\?*$", r"Is there a way to \2, and how?"),
    (r"^can (i|we|you) (.+?)\?*$", r"Is it possible to \2?"),
    (r"^may (i|we) (.+?)\?*$", r"Are we allowed to \2?"),
    (r"^what is (.+?)\?*$", r"Could you tell me what \1 is?"),
    (r"^what are (.+?)\?*$", r"Please tell me what \1 are."),
    (r"^where (.+?)\?*$", r"In which place \1?"),
    (r"^when (.+?)\?*$", r"At what time \1?"),
    (r"^which (.+?)\?*$", r"I want to know which \1."),
    (r"^why (.+?)\?*$", r"For what reason \1?"),
    (r"^do(?:es)? (.+?)\?*$", r"Tell me whether \1."),
    (r"^is (.+?)\?*$", r"I wonder: is \1?"),
    (r"^(.+?)[.?!]*$", r"One of my questions is this one: \1."),
)
_SHORTER = {
    "what is": "what's", "do not": "don't", "does not": "doesn't", "cannot": "can't", "i am": "I'm", "it is": "it's",
    "will not": "won't", "we are": "we're", "is not": "isn't", "that is": "that's",
}  # fmt: skip


def reworded(text: str, kind: str, chance: random.Random) -> str:
    """Return the question said again in one of the ways, or with a courtesy where that one has no effect."""
    found = REWORDINGS[kind](text, chance)
    return found if found.strip() != text.strip() else _courtesy(text, chance)


def _courtesy(text: str, chance: random.Random) -> str:
    return chance.choice(_BEFORE) + text[:1].lower() + text[1:] + chance.choice(_AFTER)


def _careless(text: str, chance: random.Random) -> str:
    return re.sub(r"[.,;:!?'\"]", "", text).lower() + chance.choice(("", " pls", " thx"))


def _typing_errors(text: str, chance: random.Random) -> str:
    words = text.split()
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    for at in chance.sample(long, min(len(long), 1 + len(words) // 6)):
        word, place = words[at], chance.randrange(1, len(words[at]) - 1)
        words[at] = chance.choice(
            (
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
            )
        )
    return " ".join(words)


def _synonyms(text: str, chance: random.Random) -> str:
    return re.sub(r"[A-Za-z]+", lambda found: _SYNONYMS.get(found[0].lower(), found[0]), text)


def _another_frame(text: str, chance: random.Random) -> str:
    for pattern, frame in _FRAMES:
        if re.match(pattern, text, re.IGNORECASE):
            return re.sub(pattern, frame, text, count=1, flags=re.IGNORECASE)
    return text


def _turned(text: str, chance: random.Random) -> str:
    parts = re.split(r"(?<=\w)(?:, | (?=(?:if|when|after|before|for|in|on|with|at|because|and)\b))", text, maxsplit=1)
    if len(parts) < 2:
        return text
    first, second = parts[0].rstrip("?.! "), parts[1].rstrip("?.! ")
    return f"{second[:1].upper()}{second[1:]}: {first[:1].lower()}{first[1:]}?"


def _contracted(text: str, chance: random.Random) -> str:
    for long, short in _SHORTER.items():
        text = re.sub(rf"\b{long}\b", short, text, flags=re.IGNORECASE)
    return text


def _twice(text: str, chance: random.Random) -> str:
    return _courtesy(_synonyms(_contracted(text, chance), chance), chance)


REWORDINGS: dict[str, Callable[[str, random.Random], str]] = {
    "courtesy around it": _courtesy,
    "no capitals, no punctuation": _careless,
    "typing errors": _typing_errors,
    "synonyms": _synonyms,
    "another frame": _another_frame,
    "parts turned round": _turned,
    "contracted": _contracted,
    "synonyms and courtesy": _twice,
}
