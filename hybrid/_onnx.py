"""Running a converted model on the CPU with onnxruntime, one text a run: what embedding and ranking share."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def available_cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def open_tokenizer(path: Path, *, max_tokens: int) -> Any:
    """Return the ``tokenizers.Tokenizer`` of a ``tokenizer.json``, which cuts off and never pads."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def open_session(path: Path) -> Any:
    """Return the ``onnxruntime.InferenceSession`` of a graph: a run uses only the thread that calls it."""
    onnxruntime: Any = import_module("onnxruntime")  # ships no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread would take a core from the searches beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
