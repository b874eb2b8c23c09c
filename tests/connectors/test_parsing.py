import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybrid.errors import ParseError, ReadError, TooLargeError
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors._media import DOCX, HTML, PDF, PPTX, XLSX
from hybrid_connectors._parsing import Parsed, parse
from hybrid_connectors._parsing.guard import Worker
from hybrid_connectors._parsing.reply import Refusal
from hybrid_connectors.folder import Folder

OFFICE = {DOCX: samples.word, PPTX: samples.slides, XLSX: samples.sheet}
MAIN_PART = {DOCX: "word/document.xml", PPTX: "ppt/presentation.xml", XLSX: "xl/workbook.xml"}
IDS = {DOCX: "docx", PPTX: "pptx", XLSX: "xlsx"}.get


def parsed(data: bytes | str, media_type: str) -> Parsed:
    return parse(data.encode() if isinstance(data, str) else data, media_type, "file", seconds=60)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


class TestParsedFilesContract(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> Folder:
        for name, data in (
            ("a.pdf", samples.pdf(["One", "", "Three"])),
            ("b.docx", samples.word()),
            ("c.pptx", samples.slides()),
            ("d.xlsx", samples.sheet()),
            ("e.html", b"<p>Text"),
        ):
            (tmp_path / name).write_bytes(data)
            os.utime(tmp_path / name, (1_700_000_000, 1_700_000_000))
        return Folder(name="files", path=tmp_path, default_readers=("public",))


class TestFormats:
    def test_pdf_knows_its_pages(self):
        page = parsed(samples.pdf(["First\nline two", "", "Third"], title="Guide"), PDF)
        assert page.text == "First\nline two\n\n\n\nThird"
        assert [page.text[start:].partition("\n")[0] for start in page.page_starts] == ["First", "", "Third"]
        assert page.title == "Guide"

    @pytest.mark.parametrize("title", ["", "Microsoft Word - x", "contract.docx", "untitled"])
    def test_a_title_that_a_program_left_in_a_pdf_is_none(self, title: str):
        assert parsed(samples.pdf(["x"], title=title), PDF).title is None

    def test_word_reads_as_after_accepting_all_changes(self):
        document = parsed(samples.word(), DOCX)
        assert document.title == "Refund policy"
        assert document.text == (
            "# Refund policy\n\nMoney comes back.\n\n## Terms\n\n- within 30 days\n- with a receipt\n\n"
            "| Plan | Price |\n| --- | --- |\n| Basic \\| S | 10 |\n\nSeen\n\nKept inserted"
        )

    def test_powerpoint_has_a_page_per_slide_and_no_hidden_text(self):
        deck = parsed(samples.slides(), PPTX)
        first, second, third = deck.page_starts
        assert deck.title == "Roadmap"
        assert deck.text[first:second] == "# Roadmap\n\n- One\n- Two\n\nNotes: Say it slowly\n\n"
        assert deck.text[second:third] == "\n\n"
        assert deck.text[third:] == "| Q | Goal |\n| --- | --- |\n| 1 | Ship |\n\nIn a group"

    def test_excel_has_a_row_per_line_and_no_hidden_sheet(self):
        assert parsed(samples.sheet(), XLSX).text == (
            "# Plans\n\n| Plan | Price | Since |\n| --- | --- | --- |\n| Basic | 9.5 | 2024-01-02 |\n"
            "| Pro | 20 | TRUE |\n|  | 25% |  |\n| 2024-01-02 03:04:00 |  |  |"
        )


SOUP = [
    "<p>", "</p>", "<ul>", "</ul>", "<li>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<pre>", "</pre>",
    "<div/hidden>", "</div>", "<br>", "<h2>", "</h2>", "text", "<b>", "</i>", "<ol>", "</ol>", "&amp;", "<nav>",
    "</nav>", "<title>", "</title>", "<!--", "-->", "<![CDATA[", "]]>", "\n", " ",
]  # fmt: skip


class TestHtml:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<h1>A <i>b</i></h1><h3>c</h3>", "# A b\n\n### c"),
            ("<p>one\n  two<p>three<br>four<div>five</div>six", "one two\n\nthree\nfour\n\nfive\n\nsix"),
            ("<ul><li>a<li>b<ol><li>c<li>d</ol><li><p>e</p><p>f</p></ul>g", "- a\n- b\n  1. c\n  2. d\n- e\n  f\n\ng"),
            ("<table><tr><th>k<th>v<tr><td>1|<td><p>2<p>3</table>", "| k | v |\n| --- | --- |\n| 1\\| | 2 3 |"),
            ("<table><tr><td>a<table><tr><td>in<td>ner</table><td>b</table>", "| a in ner | b |\n| --- | --- |"),
            ("<pre>  x\n    y `z`\n</pre>", "```\n  x\n    y `z`\n```"),
            ("<pre>```</pre>", "````\n```\n````"),
            ("a &amp; b &lt;c&gt; &#233;&nbsp;d", "a & b <c> é d"),
            ("x\u200by\u00adz", "xyz"),
            ("<nav>no</nav>a<script>no</script><style>no</style><button>no</button>b", "ab"),
            (
                "a<div hidden>no<p>no</div>b<i aria-hidden='TRUE'>no</i>c<p style='x:y; display : NONE'>no</p>d",
                "abcd",
            ),
            ("<div style='visibility:hidden'>no<div>no</div></div>yes", "yes"),
            ("<p style='display:/**/none'>no<p style='opacity: 0.0;x:y'>no<p style='font-size:0px'>no<p>yes", "yes"),
            ("<p style='opacity:.5;font-size:0.8em'>a<p style='fill-opacity:0'>b", "a\n\nb"),
            ("<datalist><option>no</datalist><dialog>no</dialog><dialog open>yes</dialog>", "yes"),
            ("a\U000e0041\u2063b", "ab"),
            ("<p>unclosed <b>bold<p>next", "unclosed bold\n\nnext"),
            ("</div></p>stray<br/>tags", "stray\ntags"),
            ("<dl><dt>term<dd>meaning</dl>", "term\n\nmeaning"),
            ("<title>T</title><svg><title>no</title></svg>x", "x"),
            ("", ""),
        ],
    )
    def test_reads_as_a_visitor_sees_it(self, html: str, text: str):
        assert parsed(html, HTML).text == text

    def test_title_and_links(self):
        page = parsed("<base href='/docs/'><title> A\nB </title><nav><a href='x'>x</a></nav><a href='/y#z'>y</a>", HTML)
        assert page.title == "A B"
        assert page.links == ("/docs/x", "/y#z")

    def test_nesting_without_end_is_refused(self):
        with pytest.raises(ParseError, match="^file: nests more than 500 elements"):
            parsed("<div>" * 100_000, HTML)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.sampled_from(SOUP),
            max_size=30,
        )
    )
    def test_any_tag_soup_gives_text(self, soup: list[str]):
        text = parsed("".join(soup) + "</nav></div></title>-->end", HTML).text
        assert text == text.strip("\n")
        assert "\n\n\n" not in text or "```" in text


XXE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
BOMBS = {
    "ratio": (
        lambda data: samples.with_entries(data, {"word/media/a.xml": b"<a>" + b" " * 6_000_000}),
        "200 times its size",
    ),
    "total": (
        lambda _: samples.archive({f"{n}.xml": b"<a/>" for n in range(9)}, sizes=(10**8, 10**8)),
        "unpacks to 900",
    ),
    "entries": (lambda data: samples.with_entries(data, {f"x/{n}": b"" for n in range(10_001)}), "entries, the limit"),
    "traversal": (lambda data: samples.with_entries(data, {"../../etc/cron.d/x": b"x"}), "leads out"),
    "absolute": (lambda data: samples.with_entries(data, {"/etc/cron.d/x": b"x"}), "leads out"),
    "drive": (lambda data: samples.with_entries(data, {"C:/x": b"x"}), "leads out"),
    "backslash": (lambda data: samples.with_entries(data, {"..\\x": b"x"}), "leads out"),
    "symlink": (lambda _: samples.archive({"word/document.xml": b"/etc/passwd"}, mode=0o120777), "symbolic link"),
    "nested": (
        lambda data: samples.with_entries(data, {"word/media/a.bin": samples.archive({"b": b""})}),
        "within the",
    ),
    "nested gzip": (lambda data: samples.with_entries(data, {"custom/a": b"\x1f\x8b\x08\0\0\0\0\0"}), "within the"),
    "encrypted": (lambda _: samples.archive({"word/document.xml": b"x"}, flags=1), "encrypted"),
    "doubled": (lambda data: samples.with_entries(data, {"[Content_Types].xml": b"<a/>"}), "two entries"),
    "xxe": (lambda data: samples.with_entries(data, {"customXml/item9.xml": XXE}), "document type"),
    "xxe in utf-16": (
        lambda data: samples.with_entries(data, {"customXml/item9.xml": XXE.decode().encode("utf-16")}),
        "document type",
    ),
    "xxe in utf-7": (
        lambda data: samples.with_entries(data, {"a.xml": b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE r>'}),
        "encoding",
    ),
    "xxe in ebcdic": (lambda data: samples.with_entries(data, {"a.xml": XXE.decode().encode("cp037")}), "encoding"),
    "laughs": (
        lambda data: samples.with_entries(
            data, {"a.rels": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>'}
        ),
        "document type",
    ),
    "not an archive": (lambda _: b"plain text", "not a ZIP archive"),
    "old format": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "not a ZIP archive"),
    "empty archive": (lambda _: samples.archive({}), "not a readable"),
    "another archive": (lambda _: samples.archive({"readme.txt": b"hello"}), "not a readable"),
    "truncated": (lambda data: data[: len(data) // 2], "not a ZIP archive"),
}


class TestHostileFiles:
    @pytest.mark.parametrize("bomb", BOMBS)
    @pytest.mark.parametrize("media_type", OFFICE, ids=IDS)
    def test_is_refused_before_a_library_opens_it(self, media_type: str, bomb: str):
        make, message = BOMBS[bomb]
        with pytest.raises(ReadError, match=f"^file: .*{message}") as raised:
            parsed(make(OFFICE[media_type]()), media_type)
        assert "\n" not in str(raised.value)
        assert "root:" not in str(raised.value)

    @pytest.mark.parametrize("media_type", OFFICE, ids=IDS)
    def test_a_doctype_in_the_main_part_is_refused(self, media_type: str):
        evil = samples.replaced(OFFICE[media_type](), MAIN_PART[media_type], lambda _: XXE)
        with pytest.raises(ParseError, match="document type"):
            parsed(evil, media_type)

    def test_a_chart_may_keep_its_data_sheet(self):
        deck = samples.with_entries(samples.slides(), {"ppt/embeddings/Sheet1.xlsx": samples.sheet()})
        assert parsed(deck, PPTX).title == "Roadmap"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"not a pdf", "not a readable PDF"),
            (samples.pdf(["x"])[:200], "not a readable PDF|holds no text"),
            (samples.pdf(["", ""]), "holds no text, perhaps a scan"),
            (b"", "not a readable PDF"),
        ],
    )
    def test_a_pdf_without_text_is_refused(self, data: bytes, message: str):
        with pytest.raises(ParseError, match=message):
            parsed(data, PDF)

    def test_a_pdf_with_a_password_is_refused(self):
        from io import BytesIO

        from pypdf import PdfReader, PdfWriter

        writer, stream = PdfWriter(), BytesIO()
        writer.append(PdfReader(BytesIO(samples.pdf(["secret"]))))
        writer.encrypt("password", algorithm="RC4-128")
        writer.write(stream)
        with pytest.raises(ParseError, match="is encrypted"):
            parsed(stream.getvalue(), PDF)

    def test_a_table_stretched_by_one_far_cell_is_refused(self):
        with pytest.raises(TooLargeError, match="table of 16,384 by 199 cells"):
            parsed(samples.stretched_sheet(rows=199, columns=16_384), XLSX)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from([*OFFICE, PDF]), st.integers(0, 10**6), st.binary(min_size=1, max_size=20))
    def test_damage_anywhere_ends_in_text_or_a_read_error(self, media_type: str, at: int, damage: bytes):
        data = bytearray(OFFICE[media_type]() if media_type in OFFICE else samples.pdf(["One", "Two"]))
        start = at % len(data)
        data[start : start + len(damage)] = damage
        with suppress(ReadError):
            assert parsed(bytes(data), media_type).text is not None
        assert parsed(b"<p>next", HTML).text == "next"


class TestGuard:
    def test_one_process_serves_many_files(self, worker: Worker):
        assert worker.ask(b"<p>one", HTML, 60) == Parsed(text="one")
        process = worker._process
        assert worker.ask(b"<p>two", HTML, 60) == Parsed(text="two")
        assert worker._process is process

    def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(self, worker: Worker):
        refusal = worker.ask(b"<p>slow", HTML, 0.001)
        assert isinstance(refusal, Refusal)
        assert refusal.kind == "too_large"
        assert "not parsed within 0.001 seconds" in refusal.message
        assert worker.ask(b"<p>next", HTML, 60) == Parsed(text="next")

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the address space")
    def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read(self):
        worker = Worker(memory_bytes=150_000_000)
        try:
            refusal = worker.ask(b"<p>" + b"word " * 12_000_000, HTML, 60)
            assert isinstance(refusal, Refusal)
            assert refusal.kind == "too_large" or "ends its parser" in refusal.message
            assert worker.ask(b"<p>next", HTML, 60) == Parsed(text="next")
        finally:
            worker.close()

    def test_a_crash_is_about_the_file_and_the_next_is_read(self, worker: Worker):
        refusal = worker.ask(b"x", "unknown/type", 60)
        assert refusal == Refusal(
            kind="parse", message="ends its parser (damaged, or made to do so); repair or exclude it"
        )
        assert worker.ask(b"<p>next", HTML, 60) == Parsed(text="next")

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_the_process_holds_no_secrets_and_may_write_no_file(self, worker: Worker, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("DATABASE_URL", "postgres://user:hunter2@host")
        worker.ask(b"<p>x", HTML, 60)
        assert worker._process is not None
        proc = Path(f"/proc/{worker._process.pid}")
        assert b"hunter2" not in (proc / "environ").read_bytes()
        limits = (proc / "limits").read_text()
        assert [line.split()[3] for line in limits.splitlines() if line.startswith("Max file size")] == ["0"]
        assert "2147483648" in next(line for line in limits.splitlines() if line.startswith("Max address space"))

    @pytest.mark.parametrize(
        ("package", "file", "data"), [("pypdf", "a.pdf", samples.pdf(["x"])), ("docx", "a.docx", samples.word())]
    )
    def test_a_missing_package_is_named_and_the_run_goes_on(self, tmp_path: Path, package: str, file: str, data: bytes):
        (tmp_path / "absent").mkdir()
        (tmp_path / "absent" / f"{package}.py").write_text("raise ImportError('absent')")
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / file).write_bytes(data)
        program = (
            "from pathlib import Path\nfrom hybrid.errors import ReadError\n"
            "from hybrid_connectors.folder import Folder\n"
            f"folder = Folder(name='d', path=Path({str(tmp_path / 'docs')!r}))\n"
            "try: folder.read(folder.list().entries[0])\n"
            "except ReadError as error: print(error)"
        )
        search = os.pathsep.join([str(tmp_path / "absent"), *(entry for entry in sys.path if entry)])
        done = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": search}, capture_output=True, text=True, check=True
        )
        kind = file.partition(".")[2].upper()
        assert done.stdout == (
            f"{file}: reading {kind} files needs packages that are not installed; run: pip install 'hybrid[parse]'\n"
        )
