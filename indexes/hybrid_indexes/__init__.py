"""Indexes: chunking, embedding, the embedded engine and the server, journal, sync, retrieval, LlamaIndex facade."""
