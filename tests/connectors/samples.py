"""Small real files of every parsed format, made when a test needs them."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import docx
import openpyxl
import pptx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pptx.util import Inches


def pdf(pages: Sequence[str], *, title: str = "") -> bytes:
    """A PDF with one line of text per line of each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids: list[int] = []
    for page in pages:
        lines = b" ".join(b"(%s) Tj 0 -14 Td" % line.encode() for line in page.split("\n"))
        stream = b"BT /F1 12 Tf 72 720 Td %s ET" % lines
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        resources = b"<< /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources %s >>"
            % (len(objects), resources)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % k for k in kids), len(kids))
    objects.append(b"<< /Title (%s) >>" % title.encode())
    data, offsets = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return data + head + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % len(data)


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Refund policy", level=0)
    document.add_paragraph("Money comes back.")
    document.add_heading("Terms", level=2)
    document.add_paragraph("within 30 days", style="List Bullet")
    document.add_paragraph("with a receipt", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ["Plan", "Price", "Basic | S", "10"], strict=True
    ):
        cell.text = text
    hidden = document.add_paragraph("Seen ").add_run("unseen")
    hidden.font.hidden = True
    changed: Any = document.add_paragraph("Kept")._p
    for tag, text_tag, text in (("w:ins", "w:t", " inserted"), ("w:del", "w:delText", " deleted")):
        change, run, content = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
        content.text = text
        content.set(qn("xml:space"), "preserve")
        run.append(content)
        change.append(run)
        changed.append(change)
    return _saved(document.save)


def slides() -> bytes:
    presentation: Any = pptx.Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Roadmap"
    first.placeholders[1].text = "One\nTwo"
    first.notes_slide.notes_text_frame.text = "Say it slowly"
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Hidden"
    second._element.set("show", "0")
    third = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = third.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for index, text in enumerate(["Q", "Goal", "1", "Ship"]):
        table.cell(index // 2, index % 2).text = text
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(3), Inches(2), Inches(1)).text_frame.text = "In a group"
    return _saved(presentation.save)


def sheet() -> bytes:
    book = openpyxl.Workbook()
    active: Any = book.active
    active.title = "Plans"
    for row in (["Plan", "Price", "Since"], ["Basic", 9.5, date(2024, 1, 2)], [None, None, None], ["Pro", 20, True]):
        active.append(row)
    active["B5"] = 0.25
    active["B5"].number_format = "0%"
    active["A6"] = datetime(2024, 1, 2, 3, 4)
    active["A7"] = "=1+1"
    book.create_sheet("Secret").sheet_state = "hidden"
    book["Secret"].append(["unseen"])
    book.create_sheet("Empty")
    return _saved(book.save)


def stretched_sheet(*, rows: int, columns: int) -> bytes:
    """A sheet that is one column wide, but for one cell far to the right."""
    book = openpyxl.Workbook()
    active: Any = book.active
    for row in range(1, rows + 1):
        active.cell(row, 1, "x")
    active.cell(1, columns, "far")
    return _saved(book.save)


def archive(
    entries: Mapping[str, bytes], *, flags: int = 0, mode: int = 0, sizes: tuple[int, int] | None = None
) -> bytes:
    """A ZIP archive whose directory may lie: flags, file mode, (compressed, uncompressed) sizes of every entry."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    data, at = bytearray(stream.getvalue()), 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8 : at + 10] = struct.pack("<H", struct.unpack_from("<H", data, at + 8)[0] | flags)
        if sizes:
            data[at + 20 : at + 28] = struct.pack("<II", *sizes)
        at += 4
    return bytes(data)


def with_entries(office: bytes, entries: Mapping[str, bytes]) -> bytes:
    """An Office file with entries added; one of the same name is doubled."""
    stream = io.BytesIO(office)
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")
        for name, content in entries.items():
            file.writestr(name, content)
    return stream.getvalue()


def replaced(office: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An Office file with the content of one entry changed."""
    with zipfile.ZipFile(io.BytesIO(office)) as file:
        entries = {info.filename: file.read(info) for info in file.infolist()}
    entries[name] = change(entries[name])
    return archive(entries)


def _saved(save: Callable[[io.BytesIO], Any]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()
