"""Contract tests that an implementer inherits, and deterministic doubles."""
