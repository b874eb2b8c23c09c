"""The evidence ranker: a small adapter that makes the embedding model a judge of question and text together."""

from hybrid_adapters.ranker.ranker import EvidenceRanker, load_ranker

__all__ = ["EvidenceRanker", "load_ranker"]
