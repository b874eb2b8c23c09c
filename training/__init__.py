"""Rebuilds hybrid-mini, the bundled language model, from public text: ``python -m training --help``."""
