"""Golden questions, metrics and reports: the command that proves retrieval."""
