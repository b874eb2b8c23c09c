"""Rooms of ``hybrid.models.remote``; none of them imports LiteLLM before a question is asked."""
