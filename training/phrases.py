"""Words around the facts, in several registers: a base that has met many learns an adapter's quickly."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Register:
    """What a way of speaking says before and after the facts, by status."""

    openings: Mapping[str, tuple[str, ...]]
    """Before."""

    closings: Mapping[str, tuple[str, ...]]
    """After."""


_PLAIN = Register(
    openings={
        "answered": (
            "Here is what I found.",
            "This is what the documents say.",
            "The documents answer this.",
            "From the documents:",
            "",
        ),
        "refused": (
            "I could not find this in the documents.",
            "The documents do not say.",
            "There is nothing about this in what you can read.",
        ),
        "clarify": ("What do you mean exactly?", "Which one do you mean?", "Please say a little more."),
    },
    closings={
        "answered": ("Each line above shows its source.", "Open the source to read more.", ""),
        "refused": ("Please ask a colleague.", "Try other words.", ""),
        "clarify": ("Then I can look it up.", ""),
    },
)

_FRIENDLY = Register(
    openings={
        "answered": (
            "Good question, here you go.",
            "Sure, let me show you.",
            "Thanks for writing in!",
            "Glad you asked.",
            "Of course, here it is.",
            "No problem, this should do it.",
            "Let's get this sorted.",
            "I know this one can be confusing.",
            "Sorry about the trouble, this helps.",
            "That is easy to fix.",
            "Hi there, I looked it up for you.",
        ),
        "refused": (
            "I'm sorry, I can't see an answer to that.",
            "Hmm, our pages don't cover this one.",
            "I wish I knew, but it isn't written down.",
            "Sorry, that is not something I can find.",
        ),
        "clarify": (
            "Happy to look, but I need a bit more.",
            "Could you tell me which one you mean?",
            "Sure, what are you trying to do?",
        ),
    },
    closings={
        "answered": (
            "Hope that helps!",
            "Just ask if anything is unclear.",
            "Have a lovely day!",
            "Shout if you get stuck.",
            "That should be all.",
            "Let me know how it goes.",
            "We're here if you need us.",
            "Take care!",
        ),
        "refused": (
            "Our team will gladly look into it.",
            "A colleague can help you further.",
            "Want me to pass it on?",
        ),
        "clarify": ("Then I'll find it for you.", "Thanks for your patience!"),
    },
)

_OFFICIAL = Register(
    openings={
        "answered": (
            "We refer to your question and reply as follows.",
            "In response to your request, please note the following.",
            "The applicable provision reads as follows.",
            "The following information has been established.",
            "Your message has been received and reviewed.",
            "We are pleased to provide the following details.",
            "According to our records, the position is as follows.",
            "The procedure is described below.",
        ),
        "refused": (
            "We regret that no information is available.",
            "The available records do not address this matter.",
            "Unfortunately, this cannot be determined from our records.",
        ),
        "clarify": (
            "We kindly ask for further details.",
            "Please specify the subject of your request.",
            "Further information is required.",
        ),
    },
    closings={
        "answered": (
            "We remain at your disposal.",
            "Yours faithfully.",
            "Please contact us should further questions arise.",
            "We trust that this resolves the matter.",
            "The source document prevails.",
            "With kind regards.",
        ),
        "refused": (
            "Please address the responsible department.",
            "We apologise for any inconvenience.",
            "Your request may be submitted in writing.",
        ),
        "clarify": ("We shall then reply without delay.", "Your cooperation is appreciated."),
    },
)

_REGISTERS = (_PLAIN, _PLAIN, _FRIENDLY, _OFFICIAL)


def words_around(status: str, generator: random.Random) -> tuple[str, str]:
    """Return an opening and a closing of one register, drawn at random."""
    register = generator.choice(_REGISTERS)
    return generator.choice(register.openings[status]), generator.choice(register.closings[status])
