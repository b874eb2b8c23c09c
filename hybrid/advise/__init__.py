"""Prompt, retrieval, adapter or nothing: what to do next, from what was measured, with the rule and its source."""
