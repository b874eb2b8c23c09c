"""Passages and citations for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from hybrid._cli._display import plain
from hybrid.types import Answer, Citation, Passage, SearchResult

_SNIPPET = 240
_CLOSEST = 3
_INDENT = 4
# Nobody can open these at a line: what counts lines is the text that was extracted from them.
_EXTRACTED = {".html": "section", ".htm": "section", ".docx": "section", ".xlsx": "sheet", ".pptx": "", ".pdf": ""}


def found_view(found: SearchResult) -> RenderableType:
    """Return the passages of a search, or a line that says there are none."""
    if not found.passages:
        return Text("Nothing found in the documents that this principal may read.")
    return _listed(found.passages)


def answer_view(answer: Answer) -> RenderableType:
    """Return an answer with its citations, or a refusal with the closest passages."""
    return Group(Text(plain(answer.text)), *below_answer(answer))


def below_answer(answer: Answer) -> list[RenderableType]:
    """Return what stands below an answer's text: its citations, a refusal's closest passages, or nothing."""
    if answer.citations:
        return [Text(), *(_citation(each, answer.passages) for each in answer.citations)]
    if not answer.passages:
        return []
    return [Text("\nThe closest passages:\n", "bold"), _listed(answer.passages[:_CLOSEST])]


def sources_view(answer: Answer) -> RenderableType:
    """Return an answer's citations and every passage that was found for it."""
    if not answer.passages:
        return Text("Nothing was found for it.")
    cited = [_citation(each, answer.passages) for each in answer.citations]
    return Group(*cited, *([Text()] if cited else []), _listed(answer.passages))


def place_of(document_id: str, lines: tuple[int, int], *, page: int | None = None, headings: Sequence[str] = ()) -> str:
    """Return where something stands so that a person can open it: at a line, or on a page, in a section or a sheet.

    Example:
        >>> place_of("docs:help/refunds.md", (12, 14)), place_of("docs:manual.pdf", (80, 80), page=3)
        ('help/refunds.md:12-14', 'manual.pdf (page 3, line 80 of its text)')
        >>> place_of("docs:prices.xlsx", (7, 7), headings=("Plans",))
        'prices.xlsx (sheet "Plans", line 7 of its text)'
    """
    first, last = lines
    at = f"{first}" if first == last else f"{first}-{last}"
    path = plain(document_id.partition(":")[2])
    part = _EXTRACTED.get(PurePosixPath(path.lower()).suffix)
    if part is None and page is None:
        return f"{path}:{at}"
    # A sheet is the outermost heading of a workbook's text, a section is the innermost one.
    section = [f'{part} "{one_line(headings[0] if part == "sheet" else headings[-1])}"'] if part and headings else []
    paged = [f"page {page}"] if page else []
    return f"{path} ({', '.join((*paged, *section))}{', ' if paged or section else ''}line {at} of its text)"


def one_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    return plain(" ".join(text.split()))


def _listed(passages: Sequence[Passage]) -> RenderableType:
    return Group(*(part for rank, passage in enumerate(passages, start=1) for part in _passage(rank, passage)))


def _passage(rank: int, passage: Passage) -> Iterator[RenderableType]:
    if rank > 1:
        yield Text()
    page = passage.pages[0] if passage.pages else None
    place = place_of(passage.document_id, passage.lines, page=page, headings=passage.heading_path)
    yield Text.assemble((f"{rank:>2}  ", "dim"), (one_line(passage.title), "bold"), "  ", (place, "cyan"))
    if passage.heading_path:
        yield Padding(
            Text(" > ".join(one_line(heading) for heading in passage.heading_path), "dim"),
            (0, 0, 0, _INDENT),
            expand=False,
        )
    yield Padding(Text(_snippet(passage.text)), (0, 0, 0, _INDENT), expand=False)


def _snippet(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _SNIPPET else line[:_SNIPPET].rpartition(" ")[0] + " ..."


def _citation(citation: Citation, passages: Sequence[Passage]) -> Text:
    headings = next((each.heading_path for each in passages if _holds(each, citation)), ())
    place = place_of(citation.document_id, citation.lines, page=citation.page, headings=headings)
    return Text.assemble((f"[{citation.marker}] ", "bold"), (place, "cyan"), f'  "{one_line(citation.quote)}"')


def _holds(passage: Passage, citation: Citation) -> bool:
    same = (passage.document_id, passage.version) == (citation.document_id, citation.version)
    return same and passage.start <= citation.start and citation.end <= passage.end
