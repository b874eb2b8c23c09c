"""Whether people still ask what the golden questions ask: if not, nothing that was measured on them need hold."""
