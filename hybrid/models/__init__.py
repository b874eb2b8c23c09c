"""Models that compose an answer from evidence."""
