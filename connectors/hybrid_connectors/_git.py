"""The git program, run so that neither a repository's settings nor its content can make it do anything but read."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hybrid.errors import ReadError, SourceError, TooLargeError
from hybrid_connectors._keys import printable_paths

_SETTINGS = ("safe.directory=*", "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
"""No hook or monitor runs and nothing is fetched, so that a repository may well belong to another user."""


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A file of a tree."""

    path: str
    """Path in the tree, with forward slashes."""

    id: str
    """Object id of its content."""


@dataclass(frozen=True)
class Git:
    """Read-only commands on one repository."""

    path: Path
    """Its top folder, or a bare repository."""

    def commit(self, revision: str) -> str:
        """Return the id of the commit that a revision names.

        Raises:
            SourceError: There is no such repository or commit.
        """
        return self._run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()

    def blobs(self, tree: str) -> Iterator[Blob]:
        """Yield the regular files of a tree and below it; links and submodules are no files.

        Raises:
            SourceError: There is no such tree.
        """
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree).split(b"\0")
        heads = {path: head for head, _, path in (record.partition(b"\t") for record in listed)}
        files = {path: head for path, head in heads.items() if head.startswith(b"100")}
        for path, text in printable_paths(files).items():
            yield Blob(path=text, id=files[path].split()[2].decode())

    def renames(self, old_tree: str, new_tree: str) -> dict[str, str]:
        """Return new path by old path between two trees; none where the old one is no longer known."""
        with suppress(SourceError):
            arguments = ("-r", "-z", "--find-renames", "--diff-filter=R", "--name-status", "--end-of-options")
            words = (
                self._run("diff-tree", *arguments, old_tree, new_tree).decode("utf-8", "backslashreplace").split("\0")
            )
            return dict(zip(words[1::3], words[2::3], strict=False))
        return {}

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                self.command(*arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise SourceError(f"cannot run git ({error.strerror}); install it") from error
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
            raise SourceError(f"git {arguments[0]} failed in {str(self.path)!r} ({reason})")
        return done.stdout

    def command(self, *arguments: str) -> list[str]:
        """Return a command line for this repository."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return ["git", "--no-pager", *settings, "-C", str(self.path), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the program: nothing of the caller's but where programs are."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_CEILING_DIRECTORIES": str(self.path.parent),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
        }


class Objects:
    """Contents of blobs, from one ``git cat-file --batch`` that stays for the next."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def read(self, blob: str, path: str, max_bytes: int) -> bytes:
        """Return the content of a blob; ``path`` is named in messages only.

        Raises:
            TooLargeError: It is larger than ``max_bytes``; its content was not read.
            ReadError: The repository does not hold it.
        """
        with self._lock:
            try:
                return self._read(blob, path, max_bytes)
            except OSError as error:
                self._end()
                raise ReadError(f"{path}: git cannot be read from ({error}); sync again") from error
            except BaseException:
                self._end()
                raise

    def close(self) -> None:
        """End the program; the next read starts it again."""
        with self._lock:
            self._end()

    def _read(self, blob: str, path: str, max_bytes: int) -> bytes:
        requests, replies = self._pipes()
        requests.write(blob.encode() + b"\n")
        requests.flush()
        header = replies.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            raise ReadError(f"{path}: the repository has no content {blob[:12]} for it; fetch it (a partial clone?)")
        size = int(header[2])
        if size > max_bytes:
            raise TooLargeError(
                f"{path}: has {size:,} bytes, the limit is {max_bytes:,}; exclude it or raise max_bytes"
            )
        data = replies.read(size + 1)
        if len(data) != size + 1:
            raise ReadError(f"{path}: git ended while it was read; check the repository with 'git fsck'")
        return data[:-1]

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                self._git.command("cat-file", "--batch"),
                env=self._git.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._owner = os.getpid()
        requests, replies = self._process.stdin, self._process.stdout
        assert requests is not None, "started with a pipe"
        assert replies is not None, "started with a pipe"
        return requests, replies

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()
