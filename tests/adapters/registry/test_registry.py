"""A registry holds whole versions or none, whatever kills its writers and however many there are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hybrid.errors import ModelFilesError, StorageError
from hybrid_adapters.registry import Registry, _publishing
from hybrid_adapters.registry.files import bound_files

ROOT = Path(__file__).parents[3]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_the_first_version_serves_and_later_ones_wait(tmp_path: Path, make) -> None:
    registry = Registry(tmp_path / "new")
    assert registry.current("voice") is None
    assert registry.add(*make()) == "voice@1"
    assert registry.current("voice") == 1
    assert registry.add(*make(value=2.0)) == "voice@2"
    assert (registry.current("voice"), registry.resolve("voice").label) == (1, "voice@1")
    assert registry.put_in_service("voice", 2).label == registry.resolve("voice").label == "voice@2"


def test_a_version_taken_from_elsewhere_serves_where_nothing_else_does(registry: Registry, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other")
    assert other.take(registry.resolve("voice@2")) == "voice@2"
    assert other.current("voice") == 2
    assert other.take(registry.resolve("voice@1")) == "voice@1"
    assert other.current("voice") == 2


def test_what_says_who_serves_is_not_written_anew_where_it_is_damaged(registry: Registry, make) -> None:
    (registry.folder / "voice" / "current").write_text("seven", "utf-8")
    assert registry.add(*make(value=3.0)) == "voice@3"
    with pytest.raises(ModelFilesError, match="names no version"):
        registry.resolve("voice")


def test_versions_count_up_and_the_bare_name_is_the_one_in_service(registry: Registry) -> None:
    assert (registry.names(), registry.numbers("voice"), registry.current("voice")) == (("voice",), (1, 2), 2)
    assert [registry.resolve(name).label for name in ("voice", "voice@1", "voice@2")] == [
        "voice@2",
        "voice@1",
        "voice@2",
    ]
    assert registry.resolve("voice@1").manifest.recipe["rank"] == 16


def test_a_version_holds_what_was_added_and_no_path_of_where_it_was_made(registry: Registry, make) -> None:
    adapter, manifest = make(name="other")
    (adapter / "training").mkdir()
    (adapter / "training" / "loss.svg").write_text("<svg/>", "utf-8")
    assert registry.add(adapter, manifest) == "other@1"
    folder = registry.resolve("other").folder
    assert (folder / "training" / "loss.svg").read_text("utf-8") == "<svg/>"
    assert json.loads((folder / "adapter_config.json").read_text("utf-8"))["base_model_name_or_path"] == "tiny"
    assert b"/tmp" not in b"".join(contents(folder).values())


def test_the_model_card_is_what_the_hub_reads(registry: Registry) -> None:
    _, metadata, text = (registry.resolve("voice").folder / "README.md").read_text("utf-8").split("---\n", 2)
    found = yaml.safe_load(metadata)
    assert (found["base_model"], found["library_name"], found["license"]) == ("tiny", "peft", "apache-2.0")
    for part in ("# voice@2", "220", "rank: 32", "adherence: 0.99", "shop:Reply"):
        assert part in text


def test_nothing_that_could_run_or_was_changed_is_added(registry: Registry, make) -> None:
    adapter, manifest = make()
    (adapter / "training_args.bin").write_bytes(b"\x80")
    with pytest.raises(ModelFilesError, match=r"training_args\.bin can run code"):
        registry.add(adapter, manifest)
    (adapter / "training_args.bin").unlink()
    (adapter / "adapter_model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelFilesError, match="has SHA-256"):
        registry.add(adapter, manifest)
    assert registry.numbers("voice") == (1, 2)


class Killed(BaseException):
    """What a kill looks like from within."""


def die(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("killed", ["copy", "rename"])
def test_a_writer_that_is_killed_leaves_a_whole_version_or_none(registry, make, monkeypatch, killed: str) -> None:
    with monkeypatch.context() as patch:
        # A killed process tidies nothing up.
        patch.setattr(_publishing.shutil, "rmtree", lambda *_, **__: None)
        if killed == "copy":
            patch.setattr(_publishing, "_flush", die)
        else:
            patch.setattr(Path, "rename", die)
        with pytest.raises(Killed):
            registry.add(*make(value=3.0))
    assert (registry.numbers("voice"), registry.current("voice")) == ((1, 2), 2)
    assert [registry.resolve(f"voice@{number}").manifest.version for number in (1, 2)] == [1, 2]
    assert registry.add(*make(value=3.0)) == "voice@3"
    assert registry.current("voice") == 2


def test_a_first_version_whose_writer_was_killed_before_it_served_is_followed_by_one_that_does(
    tmp_path: Path, make, monkeypatch
) -> None:
    registry = Registry(tmp_path / "new")
    with monkeypatch.context() as patch:
        patch.setattr(_publishing.os, "replace", die)
        with pytest.raises(Killed):
            registry.add(*make())
    assert (registry.numbers("voice"), registry.current("voice")) == ((1,), None)
    assert registry.add(*make(value=2.0)) == "voice@2"
    assert registry.current("voice") == 2


def test_a_full_disk_is_a_named_error_and_leaves_nothing(registry, make, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = contents(registry.folder)
    adapter, manifest = make(value=3.0)
    monkeypatch.setattr(_publishing.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device; nothing was changed"):
        registry.add(adapter, manifest)
    assert contents(registry.folder) == before


def test_many_processes_add_without_losing_or_mixing_a_version(registry: Registry, make, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hybrid_adapters.registry import Manifest, Registry\n"
        "adapter, folder = Path(sys.argv[1]), sys.argv[2]\n"
        "manifest = Manifest.model_validate_json((adapter / 'bound.json').read_text())\n"
        "for _ in range(5): Registry(folder).add(adapter, manifest)\n"
    )
    writers = []
    for value in (10.0, 20.0, 30.0):
        adapter, manifest = make(value=value, seed=int(value))
        (adapter / "bound.json").write_text(manifest.to_json(), "utf-8")
        path = os.pathsep.join(str(ROOT / name) for name in ("", "adapters"))
        writers.append(
            subprocess.Popen(
                [sys.executable, "-c", program, str(adapter), str(registry.folder)],
                env={**os.environ, "PYTHONPATH": path},
            )
        )
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert registry.numbers("voice") == tuple(range(1, 18))
    assert registry.current("voice") == 2
    seeds = [registry.resolve(f"voice@{number}").manifest.seed for number in range(3, 18)]
    assert sorted(seeds) == [10] * 5 + [20] * 5 + [30] * 5
    for number in range(3, 18):
        version = registry.resolve(f"voice@{number}")
        assert bound_files(version.folder, version.manifest)
    assert not list(registry.folder.glob("*/unfinished-*"))


def test_rollback_goes_one_back_and_anywhere(registry: Registry, make) -> None:
    registry.add(*make(value=3.0))
    assert registry.put_in_service("voice", 3).label == "voice@3"
    assert registry.put_in_service("voice").label == "voice@2"
    assert registry.put_in_service("voice").label == "voice@1"
    with pytest.raises(ModelFilesError, match="comes before the one in service; name one with --to"):
        registry.put_in_service("voice")
    assert registry.put_in_service("voice", 3).label == registry.resolve("voice").label == "voice@3"
    with pytest.raises(ModelFilesError, match="there is no 'voice@4'"):
        registry.put_in_service("voice", 4)
    assert registry.numbers("voice") == (1, 2, 3)


def test_damage_is_named(registry: Registry) -> None:
    home = registry.folder / "voice"
    (home / "current").write_text("seven", "utf-8")
    with pytest.raises(ModelFilesError, match="names no version of 'voice'.*--to NUMBER"):
        registry.resolve("voice")
    (home / "current").unlink()
    with pytest.raises(ModelFilesError, match="no version of 'voice' is in service; run: hybrid adapter rollback"):
        registry.resolve("voice")
    assert registry.put_in_service("voice", 2).label == "voice@2"
    (home / "2" / "manifest.json").unlink()
    with pytest.raises(ModelFilesError, match=r"manifest\.json is missing"):
        registry.resolve("voice")
    (home / "2" / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(ModelFilesError, match=r"manifest\.json is no manifest: file"):
        registry.resolve("voice")
    shutil.copy(home / "1" / "manifest.json", home / "2")
    with pytest.raises(ModelFilesError, match="says that it is voice@1"):
        registry.resolve("voice@2")


@pytest.mark.parametrize(
    "name", ["", "..", "../voice", "voice/1", "voice@", "voice@0", "voice@01", "voice@../1", "Voice", "a\0"]
)
def test_names_reach_nothing_outside(registry: Registry, name: str) -> None:
    with pytest.raises(ModelFilesError):
        registry.resolve(name)


def test_a_version_taken_over_keeps_its_number_and_replaces_none(registry: Registry, make, tmp_path: Path) -> None:
    other = Registry(tmp_path / "shared")
    assert other.take(registry.resolve("voice@2")) == "voice@2"
    assert other.take(registry.resolve("voice@2")) == "voice@2"
    assert contents(other.resolve("voice@2").folder) == contents(registry.resolve("voice@2").folder)
    third = Registry(tmp_path / "third")
    third.add(*make(value=5.0))
    with pytest.raises(ModelFilesError, match="has another voice@1 already"):
        third.take(registry.resolve("voice@1"))


def test_an_empty_registry_is_no_error(tmp_path: Path) -> None:
    assert Registry(tmp_path / "nowhere").names() == ()
    with pytest.raises(ModelFilesError, match="there are: none"):
        Registry(tmp_path / "nowhere").resolve("voice")
