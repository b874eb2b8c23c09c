"""``python -m benchmarks`` runs from the root of the repository and writes what its table shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOTS = (ROOT, *(ROOT / name for name in ("connectors", "indexes", "adapters")))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, ROOTS))}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_quick_run_prints_a_table_and_writes_json(tmp_path: Path):
    done = run("startup", "--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "startup.json").read_text("utf-8"))
    assert (found["benchmark"], found["quick"]) == ("startup", True)
    assert found["machine"]["cores"] >= 1
    assert found["versions"]["qdrant-edge-py"]
    rows = {row["row"]: row for row in found["rows"]}
    assert all(row["row"] in done.stdout for row in found["rows"])
    for name in ("import hybrid", "hybrid --help"):
        assert rows[f"{name}, wall time"]["figure"] > 0
        assert rows[f"{name}, wall time"]["target"] == "below 0.3"
        # How long it takes depends on the machine; what is loaded does not.
        assert (
            rows[f"{name}, heavy modules loaded"] | {"figure": 0.0, "reached": True}
            == (rows[f"{name}, heavy modules loaded"])
        )


def test_an_unknown_name_is_refused():
    done = run("speed")
    assert done.returncode == 2
    assert "unknown benchmark 'speed'" in done.stderr


def test_absent_data_skips_a_benchmark_and_says_so(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HYBRID_DATA", str(tmp_path))
    done = run("quality", "--quick", "--out", str(tmp_path / "results"))
    assert done.returncode == 0, done.stderr
    assert "quality: skipped" in done.stderr
    assert not (tmp_path / "results").exists()
