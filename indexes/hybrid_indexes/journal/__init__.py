"""The journal: an SQLite database that says which version of which document is live, and keeps its text."""
