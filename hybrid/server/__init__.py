"""The pipeline as a service: an OpenAI-compatible API with sign-in, citations, feedback and an audit log.

``hybrid serve DIR`` runs it. ``hybrid.server.app:create_app`` makes the application around a pipeline; this package
imports no web framework, so that settings can be read without one.
"""
