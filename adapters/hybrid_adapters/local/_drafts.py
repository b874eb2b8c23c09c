"""Guesses at what a reply says next, so that the model reads several tokens of it in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from hybrid_adapters.local.drafts import Phrases, phrases_in, read_drafts

_MOST = 16
# A long match is seldom wrong; a single token says too little.
_ENDINGS = (8, 4, 3, 2)
_BYTES = 4
# No token id, so that neither a match nor a guess goes from one text into the next.
_BETWEEN = 2**32 - 1


class Drafts:
    """Looks for the last tokens of a reply in texts, and guesses that what came after them comes again.

    A guess decides nothing: each of its tokens is compared with the one that is chosen, so it changes how long a reply
    takes and not what it says. The method is prompt lookup decoding (Saxena 2023,
    https://github.com/apoorvumang/prompt-lookup-decoding), which is speculative decoding (Leviathan et al. 2023,
    https://arxiv.org/abs/2211.17192) without a second model.

    Args:
        texts: Tokens of texts that replies repeat, the likeliest first. What other people were answered must not be
            among them: how fast a reply comes would tell of it.
        taught: Further ones, before these, as ``Taught`` packs them.
    """

    def __init__(self, texts: Iterable[Sequence[int]], *, taught: bytes = b"") -> None:
        self._texts = taught + _joined(texts)

    def guess(self, written: Sequence[int]) -> list[int]:
        """Return what may come after the tokens of a reply, or nothing."""
        for length in _ENDINGS:
            if len(written) >= length and (place := self._place(_packed(written[-length:]))) is not None:
                start = place + length * _BYTES
                following = np.frombuffer(self._texts[start : start + _MOST * _BYTES], dtype="<u4").tolist()
                if _BETWEEN in following:
                    following = following[: following.index(_BETWEEN)]
                if following:
                    return following
        return []

    def _place(self, sought: bytes) -> int | None:
        place = self._texts.find(sought)
        # Found in the middle of a number, it is another one.
        while place % _BYTES and place >= 0:
            place = self._texts.find(sought, place + 1)
        return place if place >= 0 else None


class Taught:
    """The replies that the base and its voices were taught, packed for ``Drafts``; each folder is read once.

    Args:
        base: Folder of the base.
        tokens: Makes tokens of a text.
    """

    def __init__(self, base: Path, tokens: Callable[[str], list[int]]) -> None:
        self._base = base
        self._tokens = tokens
        self._known: dict[Path, bytes] = {}
        self._phrases: dict[Path, Phrases] = {}

    def replies(self, voice: Path | None) -> bytes:
        """Return those of a voice's folder; None is the base.

        Raises:
            ModelFilesError: They cannot be read.
        """
        folder = voice or self._base
        if folder not in self._known:
            self._known[folder] = _joined(map(self._tokens, read_drafts(folder)))
        return self._known[folder]

    def phrases(self, voice: Path | None, bound: str | None = None) -> Phrases:
        """Return what replies of a voice's folder say in their fields of free words; None is the base.

        Args:
            voice: The folder.
            bound: SHA-256 (hex) of the file that holds them; None takes it as it is.

        Raises:
            ModelFilesError: They cannot be read, or were changed.
        """
        folder = voice or self._base
        if folder not in self._phrases:
            self._phrases[folder] = phrases_in(read_drafts(folder, bound))
        return self._phrases[folder]


def _joined(texts: Iterable[Sequence[int]]) -> bytes:
    return b"".join(_packed([*text, _BETWEEN]) for text in texts)


def _packed(tokens: Sequence[int]) -> bytes:
    return np.array(tokens, dtype="<u4").tobytes()
