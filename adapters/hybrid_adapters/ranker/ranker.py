"""The evidence ranker: reads a question together with a text and says how well the text answers it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid._onnx import available_cpus, open_session, open_tokenizer
from hybrid_adapters.ranker._adapter import SHIPPED, RankerAdapter, read_adapter
from hybrid_adapters.ranker._base import TOKENIZER, base_folder
from hybrid_adapters.ranker._conversion import converted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_IDS, _TYPES = "input_ids", "token_type_ids"


class EvidenceRanker:
    """A cross-encoder that onnxruntime runs; implements ``hybrid.protocols.Ranker``.

    One run holds one pair at its exact length, so a score depends on nothing but question and text. Any number of
    threads may use it.

    Args:
        graph: The converted model.
        tokenizer: The base's ``tokenizer.json``.
        adapter: What it was made of.

    Example:
        >>> ranker = load_ranker()
        >>> texts = ["The office has a blue door.", "A refund arrives within 5 working days."]
        >>> [round(float(score)) > 0 for score in ranker.scores("When do I get my refund?", texts)]
        [False, True]
    """

    def __init__(self, *, graph: Path, tokenizer: Path, adapter: RankerAdapter) -> None:
        self.manifest = adapter.manifest
        """What the adapter is, how it was made and what it is worth."""
        self._tokenizer = open_tokenizer(tokenizer, max_tokens=adapter.max_tokens)
        self._session = open_session(graph)
        self._workers = ThreadPoolExecutor(available_cpus(), "ranker")

    @property
    def name(self) -> str:
        """Name and version."""
        return self.manifest.label

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return ``(len(texts),)``: above 0 a text is likelier to answer than none of these is."""
        import numpy as np

        found = self._workers.map(self._score, repeat(question), texts)
        return np.fromiter(found, dtype=np.float32, count=len(texts))

    def _score(self, question: str, text: str) -> float:
        import numpy as np

        pair = self._tokenizer.encode(question, text)
        inputs = {name: np.array([ids], dtype=np.int64) for name, ids in ((_IDS, pair.ids), (_TYPES, pair.type_ids))}
        return self._session.run(None, inputs)[0].item()


def load_ranker(adapter: Path = SHIPPED) -> EvidenceRanker:
    """Return the ranker of an adapter folder; the first time its graph is made and kept in the cache folder.

    Raises:
        MissingExtraError: The base's package is not installed.
        ModelFilesError: The adapter's files were changed, or belong to another base.
        StorageError: The cache folder cannot be written.
    """
    base = base_folder()
    checked = read_adapter(adapter, base)
    return EvidenceRanker(graph=converted(checked, base), tokenizer=base / TOKENIZER, adapter=checked)
