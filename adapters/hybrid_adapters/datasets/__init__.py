"""Sets of rows: checked, reviewed, split, versioned and exchanged, before anything is trained on them."""

from hybrid_adapters.datasets.files import append_example, approved_counts

__all__ = ["append_example", "approved_counts"]
