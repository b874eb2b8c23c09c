import shutil
import sys
from pathlib import Path

import pytest

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from running import DOCUMENTS, Command, run_process, write_project

from hybrid._cache import cache_folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache of its own, that borrows the converted embedding model from the user's."""
    converted = cache_folder() / "embedding"
    converted.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("cache")
    (folder / "embedding").symlink_to(converted, target_is_directory=True)
    return folder


@pytest.fixture(autouse=True)
def surroundings(cache, tmp_path, monkeypatch):
    """Nothing of the developer's shell decides a test: no configuration, no colours, an empty folder to stand in."""
    for name in ("HYBRID_CONFIG", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HYBRID_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def cli(capfd):
    """Runs a command in this process."""
    return Command(capfd)


@pytest.fixture
def project():
    """The current folder with a configuration and documents, not synced yet."""
    write_project(Path(), DOCUMENTS)
    return Path()


@pytest.fixture(scope="session")
def synced_once(cache, tmp_path_factory):
    """A synced project that tests get a copy of."""
    folder = tmp_path_factory.mktemp("synced")
    write_project(folder, DOCUMENTS)
    done = run_process("sync", "--config", folder, HYBRID_CACHE=str(cache))
    assert done.code == 0, done
    return folder


@pytest.fixture
def synced(synced_once):
    """The current folder with a configuration and documents, synced."""
    shutil.copytree(synced_once, Path(), dirs_exist_ok=True)
    return Path()
