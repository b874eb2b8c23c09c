"""A backup: index, server records and settings in one file, checked when written and before it is used."""
