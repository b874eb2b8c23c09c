"""A registry: a folder with every version of every adapter, of which one of each name is in service."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock

from hybrid._files import replace_file
from hybrid.errors import ModelFilesError, StorageError
from hybrid_adapters.registry._card import CARD, model_card
from hybrid_adapters.registry._publishing import publish
from hybrid_adapters.registry.files import CONFIG, bound_files, portable_config
from hybrid_adapters.registry.manifest import MANIFEST, Manifest, read_manifest
from hybrid_adapters.registry.version import Version

_CURRENT = "current"
_LOCK = ".lock"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Registry:
    """Versions lie in ``<folder>/<name>/<version>/`` as PEFT, vLLM and the Hugging Face Hub keep adapters.

    Nothing is ever overwritten or removed. Any number of threads and processes may read and add.

    Args:
        folder: The registry; it need not exist before something is added.

    Example:
        >>> import tempfile
        >>> registry = Registry(tempfile.mkdtemp())
        >>> registry.names()
        ()
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def names(self) -> tuple[str, ...]:
        """Return the names of all adapters that have a version, in order."""
        if not self.folder.is_dir():
            return ()
        named = sorted(home.name for home in self.folder.iterdir() if _NAME.fullmatch(home.name))
        return tuple(name for name in named if self.numbers(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return the numbers of an adapter's versions, oldest first; none where there is no such adapter."""
        home = self.folder / name
        if not _NAME.fullmatch(name) or not home.is_dir():
            return ()
        return tuple(sorted(int(each.name) for each in home.iterdir() if _NUMBER.fullmatch(each.name)))

    def current(self, name: str) -> int | None:
        """Return the number of the version in service; None where none is.

        Raises:
            ModelFilesError: What says so is damaged, or names a version that is not there.
        """
        file = self.folder / name / _CURRENT
        try:
            found = file.read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            found = ""
        if not _NUMBER.fullmatch(found) or int(found) not in self.numbers(name):
            raise ModelFilesError(
                f"{file} names no version of {name!r} that is there; run: hybrid adapter rollback {name} --to NUMBER"
            )
        return int(found)

    def label(self, name: str) -> str:
        """Return the name with the number of the version that it means: ``voice`` is the one in service.

        Raises:
            ModelFilesError: There is no such version, or none is in service.
        """
        plain, separator, number = name.partition("@")
        numbers = self.numbers(plain)
        if not numbers:
            known = ", ".join(self.names()) or "none"
            raise ModelFilesError(f"adapter {plain!r} is not in registry {str(self.folder)!r}; there are: {known}")
        if separator:
            if not _NUMBER.fullmatch(number) or int(number) not in numbers:
                known = ", ".join(f"{plain}@{each}" for each in numbers)
                raise ModelFilesError(f"there is no {name!r} in registry {str(self.folder)!r}; there are: {known}")
            return name
        if (current := self.current(plain)) is None:
            raise ModelFilesError(
                f"no version of {plain!r} is in service; run: hybrid adapter rollback {plain} --to {numbers[-1]}"
            )
        return f"{plain}@{current}"

    def resolve(self, name: str) -> Version:
        """Return a version: ``voice`` is the one in service, ``voice@3`` the third.

        Raises:
            ModelFilesError: There is no such version, none is in service, or its manifest is damaged.
        """
        plain, _, number = self.label(name).partition("@")
        folder = self.folder / plain / number
        manifest = read_manifest(folder)
        if manifest.label != f"{plain}@{number}":
            raise ModelFilesError(
                f"{str(folder)!r} says that it is {manifest.label}; it was moved or copied by hand: put it back, or "
                "add it as a new version"
            )
        return Version(folder=folder, manifest=manifest)

    def add(self, adapter: Path, manifest: Manifest) -> str:
        """Keep an adapter as the next version of its name, and return its label.

        The first version of a name goes into service, since there is nothing else to serve. Every later one waits until
        ``put_in_service``: what was only trained must not speak to anybody before it was measured.

        Args:
            adapter: Folder that PEFT saved; everything in it is copied.
            manifest: What ``bind`` returned for it; its version is replaced by the next one.

        Raises:
            ModelFilesError: The folder is incomplete, holds code or pickles, or other weights than were bound.
            StorageError: The disk is full or refuses; nothing was added.
        """
        with self._locked(manifest.name):
            following = max(self.numbers(manifest.name), default=0) + 1
            return self._publish(adapter, manifest.model_copy(update={"version": following}))

    def take(self, version: Version) -> str:
        """Keep a version of another registry under its own number, and return its label.

        It goes into service where nothing else is, and waits otherwise, as with ``add``.

        Raises:
            ModelFilesError: Another version lies under that number.
            StorageError: The disk is full or refuses; nothing was added.
        """
        manifest = version.manifest
        with self._locked(manifest.name):
            if manifest.version in self.numbers(manifest.name):
                if self.resolve(manifest.label).manifest != manifest:
                    raise ModelFilesError(
                        f"registry {str(self.folder)!r} has another {manifest.label} already, and no version is ever "
                        "replaced; add yours as a new version"
                    )
                return manifest.label
            return self._publish(version.folder, manifest)

    def put_in_service(self, name: str, number: int | None = None) -> Version:
        """Let a name mean another version from now on, and return it.

        Args:
            name: The adapter.
            number: Its version; the one before the version in service, when left out.

        Raises:
            ModelFilesError: There is no such version.
        """
        if number is None:
            before = [each for each in self.numbers(name) if each < (self.current(name) or 0)]
            if not before and self.numbers(name):
                raise ModelFilesError(
                    f"no version of {name!r} comes before the one in service; name one with --to NUMBER"
                )
            number = max(before, default=1)
        version = self.resolve(f"{name}@{number}")
        with self._locked(name):
            replace_file(self.folder / name / _CURRENT, f"{number}\n")
        return version

    def _publish(self, adapter: Path, manifest: Manifest) -> str:
        files = bound_files(adapter, manifest)
        home = self.folder / manifest.name

        def complete(copy: Path) -> None:
            (copy / CONFIG).write_text(portable_config(files, manifest.base.name), "utf-8")
            (copy / CARD).write_text(model_card(manifest), "utf-8")
            (copy / MANIFEST).write_text(manifest.to_json(), "utf-8")
            bound_files(copy, manifest)

        publish(adapter, home / str(manifest.version), complete)
        if not (home / _CURRENT).exists():
            replace_file(home / _CURRENT, f"{manifest.version}\n")
        return manifest.label

    def _locked(self, name: str) -> AbstractContextManager[object]:
        home = self.folder / name
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{str(home)!r} cannot be made: {error.strerror}; nothing was changed") from None
        return FileLock(home / _LOCK)
