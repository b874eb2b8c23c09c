"""Evaluation and promotion: what an adapter is worth next to the simpler way, and whether it may be put in service."""
