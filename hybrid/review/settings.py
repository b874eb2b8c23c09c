"""The ``[server.review]`` table: who reviews, whose the folders are, and where outcomes are written."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ReviewSettings(BaseModel):
    """How answers are reviewed; nobody may where no reviewer is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reviewers: tuple[str, ...] = ()
    """Who may use the review desk and the dashboard: ``user:NAME`` or ``group:NAME``."""

    owners: dict[str, str] = {}
    """Owner by folder, such as ``"docs:billing/" = "group:billing"``; the longest that a document's id begins with."""

    low_support: float = Field(default=0.3, ge=0.0, le=1.0)
    """Support below which an answer is looked at."""

    golden: Path | None = None
    """Golden file that reviewed questions are added to."""

    rows: Path | None = None
    """File of examples that unapproved training rows are added to."""

    era: str = ""
    """Era of such rows; the month of the answer, when empty."""

    keep_days: int = Field(default=365, ge=0)
    """Days after which questions with their ratings and decisions are forgotten; 0 keeps them for good."""

    def resolved(self, folder: Path) -> ReviewSettings:
        """Return the settings with every path resolved against a folder."""
        golden = None if self.golden is None else folder / self.golden
        rows = None if self.rows is None else folder / self.rows
        return self.model_copy(update={"golden": golden, "rows": rows})

    def owner_of(self, document_ids: list[str]) -> str:
        """Return who owns the first of the documents that has an owner, or an empty string.

        Example:
            >>> settings = ReviewSettings(owners={"docs:": "group:all", "docs:billing/": "group:billing"})
            >>> settings.owner_of(["docs:billing/refunds.md"])
            'group:billing'
        """
        for document_id in document_ids:
            fitting = [folder for folder in self.owners if document_id.startswith(folder)]
            if fitting:
                return self.owners[max(fitting, key=len)]
        return ""
