"""The commands of ``hybrid adapter`` over a registry: what they say, and what they end with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hybrid._cli.main import run
from hybrid_adapters.registry import Registry

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def adapter(registry: Registry, capfd: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Done]:
    """Run a command of the group on the registry."""
    monkeypatch.delenv("HYBRID_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Done:
        capfd.readouterr()
        code = run(["adapter", *map(str, arguments)])
        out, err = capfd.readouterr()
        return Done(code=code, out=out, err=err)

    return command


def test_list_marks_what_is_in_service(adapter) -> None:
    lines = adapter("list").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["voice@1", "voice"], ["voice@2", "*"]]
    assert "220 rows" in lines[1]
    found = json.loads(adapter("list", "--json").out)["versions"]
    assert [(each["label"], each["in_service"]) for each in found] == [("voice@1", False), ("voice@2", True)]


def test_list_goes_on_where_one_version_is_damaged(adapter, registry: Registry) -> None:
    (registry.folder / "voice" / "1" / "manifest.json").unlink()
    done = adapter("list")
    assert (done.code, done.out.count("damaged")) == (0, 1)
    assert "manifest.json is missing" in json.loads(adapter("list", "--json").out)["versions"][0]["damage"]


def test_list_of_nothing_says_what_to_do(adapter, tmp_path: Path) -> None:
    assert "train one with" in adapter("list", "--registry", tmp_path / "empty").out


def test_the_registry_is_where_the_configuration_says(adapter, registry: Registry, tmp_path: Path) -> None:
    registry.folder.rename(tmp_path / "elsewhere")
    assert "No adapters" in adapter("list").out
    (tmp_path / "hybrid.toml").write_text('[answer]\nadapters = "elsewhere"\n', "utf-8")
    assert "voice@2" in adapter("list").out
    assert adapter("list", "--config", tmp_path / "nowhere.toml").code == 2


def test_show_tells_what_a_version_is(adapter) -> None:
    out = adapter("show", "voice").out
    for part in (
        "voice@2 (voice, in service)",
        "tiny in nf4",
        "shop:Reply",
        "220 rows, 210 approved",
        "adherence 0.99",
    ):
        assert part in out
    assert json.loads(adapter("show", "voice@1", "--json").out)["recipe"] == {"epochs": 3, "rank": 16}


def test_diff_names_what_changed_and_nothing_else(adapter) -> None:
    found = json.loads(adapter("diff", "voice@1", "voice@2", "--json").out)
    assert found["changes"] == [
        {"what": "recipe.rank", "from": 16, "to": 32},
        {"what": "evaluation.adherence", "from": 0.97, "to": 0.99},
    ]
    assert [line.split() for line in adapter("diff", "voice@1", "voice@2").out.splitlines()] == [
        ["voice@1", "voice@2"],
        ["recipe.rank", "16", "32"],
        ["evaluation.adherence", "0.97", "0.99"],
    ]
    assert "made of the same" in adapter("diff", "voice@1", "voice@1").out


def test_rollback_says_what_is_in_service(adapter, registry: Registry) -> None:
    assert adapter("rollback", "voice").out == "voice@1 is in service instead of voice@2\n"
    assert registry.resolve("voice").label == "voice@1"
    assert adapter("rollback", "voice", "--to", 2).out == "voice@2 is in service instead of voice@1\n"
    done = adapter("rollback", "voice", "--to", 9)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("error: there is no 'voice@9'")


def test_verify_without_the_base_checks_the_files(adapter, registry: Registry) -> None:
    done = adapter("verify")
    assert (done.code, done.out.count("files are those that were bound")) == (0, 2)
    assert "effect not proved: 'tiny' is neither a folder nor a model" in done.out
    (registry.folder / "voice" / "1" / "adapter_model.safetensors").write_bytes(b"other")
    done = adapter("verify", "--json")
    assert (done.code, json.loads(done.out)["healthy"]) == (1, False)
    assert done.err.startswith("error: voice@1: adapter voice@1: adapter_model.safetensors has SHA-256")
    assert adapter("verify", "voice@2").code == 0
    assert adapter("verify", "loud").code == 2


def test_push_to_a_folder_keeps_the_number(adapter, tmp_path: Path) -> None:
    assert adapter("push", "voice", tmp_path / "shared").code == 0
    assert Registry(tmp_path / "shared").resolve("voice").label == "voice@2"


class Hub(BaseHTTPRequestHandler):
    """As much of the Hugging Face Hub as an upload asks for."""

    asked: list[tuple[str, str, bytes]]
    refuses = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.path, self.headers.get("Authorization") or "", body))
        here = f"http://{self.headers['Host']}/team/voice"
        answer: dict[str, Any] = {"url": here}
        if self.path.endswith("/preupload/main"):
            files = [each["path"] for each in json.loads(body)["files"]]
            answer = {
                "files": [{"path": p, "uploadMode": "regular", "shouldIgnore": False, "oid": None} for p in files]
            }
        elif "/commit/" in self.path:
            answer = {"commitUrl": f"{here}/commit/{'1' * 40}", "commitOid": "1" * 40}
        sent = json.dumps(answer).encode()
        self.send_response(403 if self.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[tuple[str, type[Hub]]]:
    handler = type("OwnHub", (Hub,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()
    thread.join()


def push_to_hub(registry: Registry, endpoint: str, repository: str) -> Done:
    path = os.pathsep.join(str(ROOT / name) for name in ("", "adapters"))
    variables = {"PYTHONPATH": path, "HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_secret", "HF_HUB_DISABLE_TELEMETRY": "1"}
    variables |= {"HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-m", "hybrid", "adapter", "push", "voice", repository, "--registry", str(registry.folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=False,
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def test_push_to_the_hub_sends_the_version_privately_and_tells_nobody_the_token(registry: Registry, hub) -> None:
    endpoint, handler = hub
    done = push_to_hub(registry, endpoint, "hf:team/voice")
    assert (done.code, done.out) == (0, f"voice@2 lies in {endpoint}/team/voice\n"), done.err
    created, *_, (commit, token, body) = handler.asked
    assert b"private" in created[2]
    assert (commit, token) == ("/api/models/team/voice/commit/main", "Bearer hf_secret")
    lines = [json.loads(line) for line in body.splitlines()]
    assert lines[0]["value"]["summary"] == "voice@2"
    sent = {line["value"]["path"] for line in lines[1:]}
    assert sent == {"adapter_model.safetensors", "adapter_config.json", "manifest.json", "README.md"}
    assert "hf_secret" not in done.out + done.err


def test_a_hub_that_refuses_is_one_line_without_the_token(registry: Registry, hub) -> None:
    endpoint, handler = hub
    handler.refuses = True
    done = push_to_hub(registry, endpoint, "hf:team/voice")
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith(f"error: {endpoint} refuses (HTTP 403) 'team/voice'; set HF_TOKEN")
    assert "hf_secret" not in done.out + done.err
    assert push_to_hub(registry, endpoint, "hf:no good").code == 2
