"""hybrid's parts in LlamaIndex's shapes: adopt one of them and leave the rest as it is.

Import what you need from the modules: ``retriever.HybridRetriever``, ``query_engine.HybridQueryEngine``,
``vector_store.EdgeVectorStore``. All of them demand a principal.
"""
