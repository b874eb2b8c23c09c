"""``hybrid backup`` and ``hybrid restore``: nothing lost, nothing half, nothing let in that is no backup."""

import dataclasses
import gzip
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time
from pathlib import Path

import pytest
from running import command_line, environment, write_documents
from test_served import PEOPLE, ended, serving

from hybrid._cli.main import run
from hybrid.backup.archive import MANIFEST, nowhere, read_archive, require_room
from hybrid.errors import BackupError, StorageError
from hybrid.pipeline import Pipeline
from hybrid.types import ANONYMOUS, Principal

LEGAL = Principal(user="greta", groups=frozenset({"legal"}))
ASKED = (
    ("When are refunds paid?", ANONYMOUS),
    ("When does the contract with Acme end?", LEGAL),
    ("When does the contract with Acme end?", ANONYMOUS),
    ("What does the basic plan cost?", ANONYMOUS),
)


@pytest.fixture(scope="module")
def made(synced_once, tmp_path_factory):
    """A synced project with server records, API keys and a threshold of its own, and a backup of it."""
    folder = tmp_path_factory.mktemp("made")
    shop = folder / "shop"
    shutil.copytree(synced_once, shop)
    with (shop / "hybrid.toml").open("a") as settings:
        settings.write(PEOPLE.replace("sync_every", 'api_keys = "keys.json"\nsync_every'))
    (shop / ".hybrid" / "calibration.json").write_text('{"refuse_below": 0.1875, "questions": 9}\n')
    (shop / "keys.json").write_text("[]")
    (shop / ".hybrid-server").mkdir()
    note(shop / ".hybrid-server", "docs:refunds.md")
    with sqlite3.connect(shop / ".hybrid-server" / "directory.sqlite3") as directory:
        directory.execute("CREATE TABLE person (name)")
    directory.close()
    assert run(["backup", str(folder / "b.tar.gz"), "--config", str(shop)]) == 0
    return folder


@pytest.fixture
def shop(made, tmp_path):
    shutil.copytree(made / "shop", tmp_path / "place" / "shop")
    return tmp_path / "place" / "shop"


@pytest.fixture
def archive(made, tmp_path):
    shutil.copyfile(made / "b.tar.gz", tmp_path / "b.tar.gz")
    return tmp_path / "b.tar.gz"


def note(data, document):
    from hybrid.server.records import Records, Shown

    records = Records(data)
    records.show("0" * 32, Principal(user="ana"), "answer", [Shown(document_id=document, version="f" * 64)])
    records.close()


def answers(folder):
    """Return what each question is answered, without times."""
    with Pipeline.from_config(folder / "hybrid.toml") as pipeline:
        health = pipeline.knowledge.health()
        assert (health.missing, health.surplus) == (0, 0)
        found = [pipeline.ask(question, principal=principal) for question, principal in ASKED]
    return [dataclasses.replace(each, timings={}, trace_id="") for each in found]


def state(folder):
    """Return length and time of change of every file of a project, those left out that say who holds it."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in ("lock", "holder.json"))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def test_elsewhere_a_backup_answers_as_the_original(shop, archive, cli, tmp_path):
    there = tmp_path / "elsewhere"
    there.mkdir()
    done = cli("restore", archive, "--config", there, "--json")
    assert done.code == 0, done
    assert (done.json["documents"], done.json["unwritten"], done.json["records"]) == (3, 0, True)
    assert answers(there) == answers(shop)
    assert cli("audit", "--config", there).out == cli("audit", "--config", shop).out != ""
    for name in ("hybrid.toml", "keys.json", ".hybrid/calibration.json"):
        assert (there / name).read_bytes() == (shop / name).read_bytes()
    assert (there / ".hybrid-server" / "directory.sqlite3").exists()


def test_after_a_restore_in_the_same_place_nothing_has_to_be_synced(shop, archive, cli):
    for lost in (".hybrid", ".hybrid-server"):
        shutil.rmtree(shop / lost)
    (shop / "hybrid.toml").unlink()
    assert cli("restore", archive, "--config", shop).code == 0
    counts = cli("sync", "--config", shop, "--json").json["counts"]
    # The copy of the project lies elsewhere than where it was synced, and sources differ by their folder.
    assert {kind: number for kind, number in counts.items() if number} == {"permissions": 3}


def test_it_is_its_owners_alone_and_says_its_sum(shop, cli, tmp_path):
    (tmp_path / "backups").mkdir()
    found = cli("backup", tmp_path / "backups", "--config", shop, "--json").json
    written = Path(found["archive"])
    assert written.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(written.read_bytes()).hexdigest() == found["sha256"]
    names = read_archive(written, nowhere).files
    assert not [name for name in names if "session" in name]


def test_a_server_that_answers_and_syncs_is_backed_up_whole(shop, cli, tmp_path):
    process = serving(shop)
    stop = threading.Event()

    def change():
        for number in range(1_000):
            write_documents(shop / "docs", {"new.md": f"# Giraffes\n\nGiraffe number {number} sleeps.\n"})
            subprocess.run(command_line("sync", "--config", shop), env=environment(), capture_output=True, check=True)
            if stop.is_set():
                return

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for number in range(2):
            assert cli("backup", tmp_path / f"{number}.tar.gz", "--config", shop).code == 0
            refused = cli("restore", tmp_path / f"{number}.tar.gz", "--config", shop)
            assert (refused.code, "is held by process" in refused.error) == (2, True)
    finally:
        stop.set()
        changing.join()
        assert ended(process) == 0
    for number in range(2):
        there = tmp_path / f"there-{number}"
        there.mkdir()
        restored = cli("restore", tmp_path / f"{number}.tar.gz", "--config", there, "--json").json
        assert (restored["documents"] in (3, 4), restored["unwritten"]) == (True, 0)


def test_a_restore_brings_back_what_was_lost_and_keeps_the_log_that_was_there(shop, archive, cli):
    before = answers(shop)
    (shop / "docs" / "refunds.md").write_text("# Refunds\n\nThere are no refunds.\n")
    (shop / "docs" / "plans.md").unlink()
    assert cli("sync", "--config", shop).code == 0
    note(shop / ".hybrid-server", "docs:plans.md")
    assert answers(shop) != before
    changed = state(shop)
    assert cli("restore", archive, "--config", shop, "--dry-run").out.startswith("would be restored: 3 documents")
    assert state(shop) == changed
    done = cli("restore", archive, "--config", shop)
    assert (done.code, "run: hybrid sync" in done.err) == (0, True)
    assert answers(shop) == before
    assert len(cli("audit", "--config", shop).out.splitlines()) == 1
    with sqlite3.connect(shop / ".hybrid-server" / "server-before-restore.sqlite3") as old:
        assert old.execute("SELECT count(*) FROM shown").fetchone() == (2,)
    old.close()
    counts = cli("sync", "--config", shop, "--json").json["counts"]
    assert (counts["changed"], counts["removed"]) == (1, 1)


def test_a_key_or_somebody_removed_since_does_not_come_back(shop, archive, cli):
    (shop / "keys.json").write_text("[ ]")
    with sqlite3.connect(shop / ".hybrid-server" / "directory.sqlite3") as directory:
        directory.execute("DROP TABLE person")
    directory.close()
    people = (shop / ".hybrid-server" / "directory.sqlite3").read_bytes()
    done = cli("restore", archive, "--config", shop)
    assert "keys.json was there already and stays" in done.err
    assert (shop / "keys.json").read_text() == "[ ]"
    assert (shop / ".hybrid-server" / "directory.sqlite3").read_bytes() == people


def test_a_running_restore_leaves_other_commands_out(shop, archive, cli):
    from hybrid.config import load_settings
    from hybrid_indexes.assembly import open_restoring

    place = open_restoring(load_settings(shop / "hybrid.toml"))
    assert cli("search", "refunds", "--config", shop).code == 2
    place.close()
    assert cli("search", "refunds", "--config", shop).code == 0


def rewritten(archive, change):
    """Write an archive again with its members changed: a list of (TarInfo, bytes)."""
    with tarfile.open(archive) as found:
        members = [(member, found.extractfile(member).read()) for member in found]
    with tarfile.open(archive, "w:gz") as written:
        for member, content in change(members):
            member.size = len(content) if member.isreg() else 0
            written.addfile(member, io.BytesIO(content))


def added(name, kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return lambda members: [*members, (member, b"x")]


def listed(name):
    """Return a change after which the manifest lists a name, as somebody does who means harm."""

    def change(members):
        manifest = json.loads(members[0][1])
        manifest["files"][name] = {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
        return added(name)([(members[0][0], json.dumps(manifest).encode()), *members[1:]])

    return change


def altered(name):
    return lambda members: [(m, b"x" * len(c) if m.name == name else c) for m, c in members]


def another_manifest(**fields):
    return lambda members: [
        (m, json.dumps(json.loads(c) | fields).encode() if m.name == MANIFEST else c) for m, c in members
    ]


CHANGES = {
    "altered index": altered("index/journal.sqlite"),
    "altered records": altered("server/server.sqlite3"),
    "altered people": altered("server/directory.sqlite3"),
    "altered settings": altered("hybrid.toml"),
    "longer": lambda members: [(m, c + b"x" if m.name == "hybrid.toml" else c) for m, c in members],
    "lacks the last": lambda members: members[:-1],
    "lacks the manifest": lambda members: members[1:],
    "twice": lambda members: [*members, members[-1]],
    "no settings": lambda members: listed("index/calibration.json")([members[0]]),
    "more than listed": added("index/engine/more"),
    "up": listed("../evil"),
    "up within": listed("index/engine/../../evil"),
    "absolute": listed("/tmp/evil"),
    "hidden": listed("index/engine/.evil"),
    "elsewhere": listed("index/other"),
    "a link": added("index/engine/link", tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": added("index/engine/link", tarfile.LNKTYPE, "hybrid.toml"),
    "a pipe": added("index/engine/pipe", tarfile.FIFOTYPE),
    "a folder outside": another_manifest(folders=["../evil"]),
    "a newer format": another_manifest(format=2),
    "an unknown field": another_manifest(run="rm -rf /"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_refused_and_nothing_is_touched(shop, archive, cli, change):
    rewritten(archive, change)
    before = state(shop.parent)
    done = cli("restore", archive, "--config", shop)
    assert (done.code, bool(done.error)) == (2, True)
    assert state(shop.parent) == before


def test_a_half_archive_is_refused_wherever_it_ends(archive, tmp_path):
    whole = archive.read_bytes()
    ends = [0, 1, 10, 500, *range(1_000, len(whole) - 1_000, len(whole) // 6)]
    for end in ends:
        archive.write_bytes(whole[:end])
        with pytest.raises(BackupError):
            read_archive(archive, nowhere)


def test_no_bit_of_what_is_restored_can_be_turned_unnoticed(archive):
    whole = archive.read_bytes()
    manifest = read_archive(archive, nowhere)
    drawn = random.Random(4)
    for _ in range(8):
        broken = bytearray(whole)
        broken[drawn.randrange(len(whole) - 64)] ^= 1 << drawn.randrange(8)
        archive.write_bytes(broken)
        # The header of the compression has bytes that mean nothing, such as a date.
        try:
            assert read_archive(archive, nowhere) == manifest
        except BackupError:
            continue


@pytest.mark.parametrize("content", [b"", b"text", gzip.compress(b"text"), gzip.compress(bytes(10_240))])
def test_what_is_no_backup_at_all_is_refused(shop, cli, tmp_path, content):
    (tmp_path / "b.tar.gz").write_bytes(content)
    assert "backup" in cli("restore", tmp_path / "b.tar.gz", "--config", shop).error
    assert "there is no backup" in cli("restore", tmp_path / "none.tar.gz", "--config", shop).error


def test_an_index_that_cannot_be_opened_is_refused(shop, archive, cli):
    """Whoever changes an archive can change its sums; the index is opened before it is used."""

    def change(members):
        broken = {"index/journal.sqlite": b"no database" * 100}
        manifest = json.loads(members[0][1])
        for name, content in broken.items():
            manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return [(m, broken.get(m.name, c)) for m, c in [(members[0][0], json.dumps(manifest).encode()), *members[1:]]]

    rewritten(archive, change)
    before = state(shop)
    assert cli("restore", archive, "--config", shop).code == 2
    assert state(shop) == before


def limited(*arguments, most):
    """Run a command whose files the system lets grow to so many bytes, as a disk does that is full."""
    return subprocess.run(
        command_line(*arguments), env=environment(), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip


@pytest.mark.parametrize("most", [1_000, 100_000, 500_000])
def test_a_backup_that_cannot_be_written_leaves_the_one_before(shop, archive, tmp_path, most):
    before = archive.read_bytes()
    done = limited("backup", archive, "--config", shop, most=most)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done
    assert archive.read_bytes() == before
    assert not list(tmp_path.glob(".hybrid-backup/.making-*"))


@pytest.mark.parametrize("most", [1_000, 100_000, 10_000_000])
def test_a_restore_that_cannot_be_written_leaves_what_is_there(shop, archive, cli, most):
    before = state(shop)
    done = limited("restore", archive, "--config", shop, most=most)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done
    assert state(shop) == before


def test_a_disk_without_room_is_seen_before_anything_is_written(shop, archive, cli, monkeypatch):
    usage = shutil.disk_usage(shop)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    before = state(shop)
    assert "free some space" in cli("restore", archive, "--config", shop).error
    with pytest.raises(StorageError, match="free some space"):
        require_room(shop, 1)
    assert state(shop) == before


def killed_restores(shop, archive, cli, number):
    """Kill restores at random moments; afterwards the index is the one before or the one of the backup, whole."""
    new = answers(shop)
    (shop / "docs" / "refunds.md").write_text("# Refunds\n\nThere are no refunds.\n")
    assert cli("sync", "--config", shop).code == 0
    old = answers(shop)
    drawn = random.Random(11)
    for _ in range(number):
        running = subprocess.Popen(command_line("restore", archive, "--config", shop), env=environment())
        time.sleep(drawn.uniform(0.3, 1.5))
        running.send_signal(signal.SIGKILL)
        running.wait()
        said = answers(shop)
        assert said in (old, new)
    assert cli("restore", archive, "--config", shop).code == 0
    assert answers(shop) == new
    assert not list(shop.glob(".hybrid/restoring"))


def test_killed_in_the_middle_the_index_is_the_old_or_the_new_one(shop, archive, cli):
    killed_restores(shop, archive, cli, 2)


@pytest.mark.nightly
def test_killed_in_the_middle_many_times(shop, archive, cli):
    killed_restores(shop, archive, cli, 60)


def test_killed_before_the_switch_the_old_index_is_live_and_after_it_the_new_one(shop, archive, cli, monkeypatch):
    from hybrid_indexes._workspace import Workspace

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    before = state(shop)
    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "switch", kill)
        with pytest.raises(Killed):
            cli("restore", archive, "--config", shop)
    assert before.items() <= state(shop).items()
    assert "Refunds" in cli("search", "refunds", "--config", shop).out
    assert cli("sync", "--config", shop).code == 0
    assert os.listdir(shop / ".hybrid").count("generation-2") == 0
