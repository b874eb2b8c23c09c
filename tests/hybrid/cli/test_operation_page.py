"""The commands of docs/operation.md, run as they stand there."""

import json
import re
import shlex
from pathlib import Path

from running import ROOT

from hybrid.server.records import Records, Shown
from hybrid.types import Principal

PAGE = (ROOT / "docs" / "operation.md").read_text("utf-8")
ARCHIVE = re.compile(r"backups/hybrid-\S+\.tar\.gz")


def section(heading):
    (found,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return found


def commands(heading):
    """Return the arguments of each command in a section's blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", section(heading), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("hybrid ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_a_backup_is_made_and_restored(cli, synced):
    Path("backups").mkdir()
    told = []
    for arguments in commands("Backup"):
        made = next(Path("backups").glob("*.gz"), None)
        done = cli(*(ARCHIVE.sub(str(made), each) for each in arguments))
        assert done.code == 0, done
        told.append(done.out)
    assert ARCHIVE.search(told[0])
    assert [line.partition(":")[0] for line in told[1:]] == ["would be restored", "restored"]


def test_the_audit_log_is_read(cli, synced):
    records = Records(Path(".hybrid-server"))
    shown = [Shown(document_id="docs:legal/contract.md", version="f" * 64)]
    trace = commands("Audit")[-1][-1]
    records.show(trace, Principal(user="ana", groups=frozenset({"legal"})), "search", shown)
    records.close()
    (example,) = re.findall(r"```json\n(.*?)```", section("Audit"), re.DOTALL)
    for arguments in commands("Audit"):
        done = cli(*arguments)
        assert done.code == 0, done
        assert list(json.loads(done.out)) == list(json.loads(example))


def test_every_span_and_attribute_is_on_the_page():
    from hybrid import tracing

    names = {value for name, value in vars(tracing).items() if name.isupper() and isinstance(value, str)}
    said = set(re.findall(r"`((?:gen_ai|hybrid|error)\.[\w.]+)`", PAGE)) - {"hybrid.toml"}
    assert names - {tracing.CONVENTION} == said
    assert tracing.CONVENTION in PAGE
