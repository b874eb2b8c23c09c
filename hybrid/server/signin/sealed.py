"""Values that the server hands to a browser and gets back unread and unchanged."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hybrid.errors import StorageError

_ALGORITHMS = ("dir", "A256GCM")


class Seal:
    """Encrypts small values with a key that stays on this machine.

    Args:
        folder: Where the key is kept; made for its owner alone when there is none, so that a restart signs nobody out.

    Raises:
        StorageError: It cannot be kept there.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._key = OctKey.import_key(_kept_secret(folder / "session.key"))
        except OSError as error:
            raise StorageError(
                f"{str(folder)!r} cannot hold the session key: {error.strerror}; mend [server] data"
            ) from None

    def close(self, purpose: str, value: dict[str, Any]) -> str:
        """Return a value sealed for one purpose."""
        text = json.dumps({"purpose": purpose, "value": value}, separators=(",", ":"), ensure_ascii=False)
        return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text.encode(), self._key, _ALGORITHMS)

    def open(self, purpose: str, sealed: str) -> dict[str, Any] | None:
        """Return what was sealed for this purpose, or None where nothing was, or not by this server."""
        try:
            text = jwe.decrypt_compact(sealed, self._key, _ALGORITHMS).plaintext
            found: dict[str, Any] = json.loads(text or b"")
        except (JoseError, ValueError):
            return None
        return found["value"] if found["purpose"] == purpose else None


def _kept_secret(path: Path) -> bytes:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()
