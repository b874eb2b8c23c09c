"""Which files are documents, by suffix, and what their text is made of."""

from __future__ import annotations

MARKDOWN = "text/markdown"
HTML = "text/html"
RST = "text/x-rst"
PLAIN = "text/plain"
PDF = "application/pdf"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = _OFFICE + "wordprocessingml.document"
PPTX = _OFFICE + "presentationml.presentation"
XLSX = _OFFICE + "spreadsheetml.sheet"

PARSED = frozenset({HTML, PDF, DOCX, PPTX, XLSX})
"""Read by a parser in the guarded process. Their canonical text is Markdown, a PDF's is plain text with pages."""

WITH_FRONT_MATTER = frozenset({MARKDOWN, HTML, RST, PLAIN})
"""May begin with front matter; elsewhere (YAML, code) ``---`` means something else."""

_BY_SUFFIX = {
    ".md": MARKDOWN, ".markdown": MARKDOWN, ".mdx": MARKDOWN,
    ".html": HTML, ".htm": HTML, ".xhtml": HTML,
    ".rst": RST,
    ".txt": PLAIN, ".text": PLAIN, ".log": PLAIN, ".adoc": PLAIN, ".org": PLAIN, ".tex": PLAIN,
    ".pdf": PDF, ".docx": DOCX, ".pptx": PPTX, ".xlsx": XLSX,
    ".csv": "text/csv", ".tsv": "text/tab-separated-values",
    ".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml", ".toml": "application/toml",
    ".ini": "text/x-ini", ".cfg": "text/x-ini", ".xml": "application/xml", ".css": "text/css", ".sql": "text/x-sql",
    ".py": "text/x-python", ".pyi": "text/x-python", ".js": "text/javascript", ".mjs": "text/javascript",
    ".jsx": "text/javascript", ".ts": "text/x-typescript", ".tsx": "text/x-typescript", ".java": "text/x-java",
    ".kt": "text/x-kotlin", ".scala": "text/x-scala", ".c": "text/x-c", ".h": "text/x-c", ".cc": "text/x-c++",
    ".cpp": "text/x-c++", ".hpp": "text/x-c++", ".cs": "text/x-csharp", ".go": "text/x-go", ".rs": "text/x-rust",
    ".rb": "text/x-ruby", ".php": "text/x-php", ".swift": "text/x-swift", ".sh": "text/x-shellscript",
    ".bash": "text/x-shellscript", ".ps1": "text/x-powershell", ".r": "text/x-r", ".lua": "text/x-lua",
    ".pl": "text/x-perl", ".tf": "text/x-terraform", ".proto": "text/x-protobuf", ".graphql": "text/x-graphql",
}  # fmt: skip

_BY_NAME = {
    "readme": PLAIN, "license": PLAIN, "copying": PLAIN, "notice": PLAIN, "authors": PLAIN, "changelog": PLAIN,
    "contributing": PLAIN, "makefile": "text/x-makefile", "dockerfile": "text/x-dockerfile",
}  # fmt: skip


def media_type_of(path: str) -> str | None:
    """Return the media type of a file by its name; None where the suffix is not one of a document."""
    name = path.rpartition("/")[2].lower()
    _, dot, suffix = name.rpartition(".")
    return _BY_SUFFIX.get(dot + suffix) or _BY_NAME.get(name)
