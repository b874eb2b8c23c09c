"""Sending a version to the Hugging Face Hub."""

from __future__ import annotations

import os
from typing import Any

from hybrid.errors import MissingExtraError, ModelFilesError, StorageError
from hybrid_adapters.registry.files import bound_files
from hybrid_adapters.registry.version import Version

_DEFAULT_ENDPOINT = "https://huggingface.co"


def upload(version: Version, repository: str) -> str:
    """Upload a version's folder to a repository, which is made private where there is none, and return its address.

    The token comes from ``HF_TOKEN`` or from ``hf auth login``, and is written nowhere.

    Raises:
        ModelFilesError: The version's files were changed, or the repository's name makes no sense.
        StorageError: The Hub refuses, or cannot be reached.
        MissingExtraError: huggingface_hub is not installed.
    """
    bound_files(version.folder, version.manifest)
    try:
        import huggingface_hub
        from httpx import HTTPError
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        raise MissingExtraError(feature="the Hugging Face Hub", extra="local") from None
    # Read now: the library reads it when it is first imported.
    endpoint = os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT
    hub: Any = huggingface_hub
    api = hub.HfApi(endpoint=endpoint)
    try:
        api.create_repo(repository, private=True, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=version.folder, commit_message=version.label)
    except HFValidationError:
        raise ModelFilesError(f"{repository!r} is no repository of the Hub; write hf:OWNER/NAME") from None
    except (HTTPError, OSError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        # Not the error's own text: it can quote a request's headers.
        what = f"refuses (HTTP {status})" if status else f"cannot be reached ({type(error).__name__})"
        raise StorageError(f"{endpoint} {what} {repository!r}; set HF_TOKEN to a token that may write there") from None
    return f"{endpoint}/{repository}"
