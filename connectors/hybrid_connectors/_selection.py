"""Which documents of a source to read, and the limits on each."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid.errors import ConfigError
from hybrid_connectors._globs import check_pattern, matches
from hybrid_connectors._settings import SourceSettings


@dataclass(frozen=True, kw_only=True)
class SelectionSettings(SourceSettings):
    """Settings of sources whose documents have paths to choose from."""

    include: tuple[str, ...] = ("**",)
    """Patterns of the documents to read; ``*`` stays in a folder, ``**`` spans folders."""

    exclude: tuple[str, ...] = ()
    """Patterns of what to leave out; they win over ``include``."""

    max_bytes: int = 20_000_000
    """Size above which a document is refused unread."""

    parse_seconds: float = 60.0
    """Time after which parsing a PDF, HTML or Office file is given up."""

    def __post_init__(self) -> None:
        """Refuse settings that select nothing or limit nothing."""
        super().__post_init__()
        for setting, patterns in (("include", self.include), ("exclude", self.exclude)):
            for pattern in patterns:
                check_pattern(pattern, f"source {self.name!r}: {setting}")
        if self.max_bytes <= 0 or self.parse_seconds <= 0:
            raise ConfigError(f"source {self.name!r}: max_bytes and parse_seconds must be above zero")

    def _includes(self, path: str) -> bool:
        return any(matches(path, pattern) for pattern in self.include)

    def _excludes(self, path: str) -> bool:
        return any(matches(path, pattern) for pattern in self.exclude)
