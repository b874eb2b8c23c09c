"""Sources of documents: folders, repositories, files of records, web sites, databases, any LlamaIndex reader."""
