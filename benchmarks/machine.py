"""On what a figure was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "hybrid",
    "qdrant-edge-py",
    "qdrant-client",
    "onnxruntime",
    "torch",
    "sentence-transformers",
    "numpy",
    "llama-index-core",
    "llama-index-vector-stores-qdrant",
    "llama-index-embeddings-huggingface",
)


def describe_machine() -> Mapping[str, str | int | float]:
    """Return processor, cores, memory, system and load."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> Mapping[str, str]:
    """Return the installed versions of what is measured and compared with."""
    return {package: found for package in _PACKAGES if (found := _version(package))}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
