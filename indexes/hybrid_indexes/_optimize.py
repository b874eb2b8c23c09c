"""``python -m hybrid_indexes._optimize FOLDER``: optimise a shard that nobody else has open."""

from __future__ import annotations

import sys


def main(folder: str) -> None:
    """Optimise the shard in ``folder`` with the lowest priority and flush it."""
    from qdrant_edge import EdgeShard

    from hybrid_indexes._shards import lower_priority

    lower_priority()
    shard = EdgeShard.load(folder)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
