"""``python _sync_child.py INDEX CORPUS``: sync an index with the documents of a JSON file, to be killed meanwhile.

Prints a line when it begins. Batches are small and optimisation comes early, so that a kill meets every step.
"""

import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "indexes"), str(ROOT / "connectors"), str(ROOT / "adapters")]

from hybrid.errors import HybridError  # noqa: E402
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document  # noqa: E402
from hybrid.types import Access  # noqa: E402
from hybrid_indexes import edge  # noqa: E402
from hybrid_indexes.knowledge import KnowledgeBase  # noqa: E402
from hybrid_indexes.sync import _run  # noqa: E402

edge._OPTIMIZE_AFTER = 60
_run._CHUNKS_PER_BATCH = 12


class SlowEmbedder(HashingEmbedder):
    """Takes its time, so that kills do not gather in the last step."""

    def embed_documents(self, texts: Sequence[str]):
        time.sleep(random.uniform(0, 0.006))
        return super().embed_documents(texts)


def main(index: str, corpus: str) -> int:
    wanted = json.loads(Path(corpus).read_text("utf-8"))
    source = MemoryConnector(
        documents={
            path: memory_document(path, text, access=Access(readers=tuple(readers)))
            for path, (text, readers) in wanted["documents"].items()
        }
    )
    print("begin", flush=True)
    try:
        base = KnowledgeBase(
            Path(index),
            embedder=SlowEmbedder(dimension=16),
            chunker=ParagraphChunker(fingerprint=wanted["chunker"]),
        )
        base.sync([source])
        base.close()
    except HybridError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
