"""The import of bitsandbytes fetches nothing and says nothing."""

import subprocess
import sys

import pytest

pytest.importorskip("bitsandbytes")

_PROGRAM = """
import sys, types
hub = types.ModuleType("kernels")
def get_kernel(*arguments, **more):
    print("fetched", arguments)
    raise OSError
hub.get_kernel = get_kernel
sys.modules["kernels"] = hub
from hybrid_adapters.local._quantization import import_bitsandbytes
import_bitsandbytes()
assert sys.modules["kernels"] is hub
"""


def test_no_machine_code_is_fetched_and_nothing_is_printed():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
