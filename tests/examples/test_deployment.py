"""Dockerfile, compose.yaml and the Kubernetes example: what can be checked of them without Docker or a cluster."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from hybrid._cache import cache_folder
from hybrid.config import build_connectors, load_settings
from hybrid.server.signin.chain import sign_ins_from_settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KUBERNETES = {
    document["kind"] + "/" + document["metadata"]["name"]: document
    for path in sorted((ROOT / "examples" / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
}
POD = KUBERNETES["Deployment/hybrid"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
USER = 10001


def instructions(name):
    """Return the arguments of each instruction of this name."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith((f"{name} ", f"    {name} "))]


def options_of_serve():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / n) for n in ("", "connectors", "indexes"))}
    command = [sys.executable, "-m", "hybrid", "serve", "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


class TestDockerfile:
    def test_everything_that_is_copied_exists_and_is_sent_to_the_builder(self):
        ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        for copied in instructions("COPY"):
            if copied.startswith("--from"):
                continue
            *sources, _ = copied.split()
            for source in sources:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignored, source

    def test_every_extra_exists(self):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        (named,) = re.findall(r"^ARG EXTRAS=(.*)$", DOCKERFILE, re.MULTILINE)
        assert set(named.split(",")) <= set(extras)
        assert {"offline", "serve"} <= set(named.split(","))

    def test_python_and_the_pinned_torch_are_ones_that_hybrid_takes(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["requires-python"] == ">=3.11"
        assert [each.split()[0] for each in instructions("FROM")] == ["python:3.11-slim"] * 2
        assert re.search(r"^torch==[\d.]+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)

    def test_it_runs_without_rights(self):
        assert instructions("USER") == [f"{USER}:{USER}"]
        assert DOCKERFILE.index("USER ") > DOCKERFILE.index("RUN useradd")
        assert f"--uid {USER}" in DOCKERFILE

    def test_its_command_is_one(self):
        command = yaml.safe_load(instructions("CMD")[-1])
        assert command[:2] == ["hybrid", "serve"]
        for option in (each for each in command if each.startswith("--")):
            assert option in options_of_serve()


class TestCompose:
    bot = COMPOSE["services"]["bot"]

    def test_qdrant_alone_is_as_it_was(self):
        without = {name for name, service in COMPOSE["services"].items() if "profiles" not in service}
        assert without == {"qdrant-1", "qdrant-2", "qdrant-3"}

    def test_what_is_mounted_exists_and_is_read_only(self):
        for mount in self.bot["volumes"]:
            source, target, *mode = mount.split(":")
            if source.startswith("."):
                assert (ROOT / source).exists(), source
                assert mode == ["ro"]
            else:
                assert source in COMPOSE["volumes"]
                assert target == instructions("VOLUME")[0]

    def test_the_settings_load_and_somebody_can_sign_in(self):
        settings = load_settings(ROOT / "examples" / "container" / "hybrid.toml")
        assert build_connectors(settings)
        assert str(settings.index.path).startswith("/data/")
        assert str(settings.server.data).startswith("/data/")
        assert sign_ins_from_settings(settings.server, dev=False, clock=time.time).chain

    def test_qdrant_is_asked_over_this_machine_alone(self):
        """An API key goes over http to this machine only."""
        from hybrid_indexes.server import QdrantServer

        settings = load_settings(ROOT / "examples" / "container" / "hybrid.toml")
        assert QdrantServer(url=settings.index.url).address == "http://localhost:6333"
        assert self.bot["network_mode"] == "service:qdrant-1"
        assert "127.0.0.1:8000:8000" in COMPOSE["services"]["qdrant-1"]["ports"]

    def test_it_may_do_as_little_as_possible(self):
        assert self.bot["read_only"] is True
        assert self.bot["cap_drop"] == ["ALL"]
        assert self.bot["security_opt"] == ["no-new-privileges:true"]


class TestKubernetes:
    def test_all_parts_are_there_and_named_alike(self):
        kinds = {name.partition("/")[0] for name in KUBERNETES}
        assert kinds == {"ConfigMap", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "Service"}
        label = {"app.kubernetes.io/name": "hybrid"}
        assert POD["metadata"]["labels"] == label
        assert KUBERNETES["Deployment/hybrid"]["spec"]["selector"]["matchLabels"] == label
        assert KUBERNETES["Service/hybrid"]["spec"]["selector"] == label
        assert KUBERNETES["NetworkPolicy/hybrid"]["spec"]["podSelector"]["matchLabels"] == label

    def test_one_pod_at_a_time_holds_the_index(self):
        spec = KUBERNETES["Deployment/hybrid"]["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})

    def test_the_settings_load_and_somebody_can_sign_in(self, tmp_path, monkeypatch):
        (tmp_path / "hybrid.toml").write_text(KUBERNETES["ConfigMap/hybrid"]["data"]["hybrid.toml"])
        settings = load_settings(tmp_path / "hybrid.toml")
        writable = [m["mountPath"] for m in CONTAINER["volumeMounts"] if not m.get("readOnly")]
        assert any(str(settings.index.path).startswith(f"{path}/") for path in writable)
        assert any(str(settings.server.data).startswith(f"{path}/") for path in writable)
        (variable,) = CONTAINER["env"]
        assert variable["name"] == settings.server.oidc.client_secret_env
        monkeypatch.setenv(variable["name"], "secret")
        data = settings.server.model_copy(update={"data": tmp_path / "data"})
        assert sign_ins_from_settings(data, dev=False, clock=time.time).flow is not None

    def test_no_secret_is_in_a_file(self):
        assert "Secret" not in {document["kind"] for document in KUBERNETES.values()}
        assert CONTAINER["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "hybrid"

    def test_every_mount_has_a_volume_and_every_volume_a_source(self):
        volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
        assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == set(volumes)
        assert f"ConfigMap/{volumes['settings']['configMap']['name']}" in KUBERNETES
        for name in ("docs", "data"):
            assert f"PersistentVolumeClaim/{volumes[name]['persistentVolumeClaim']['claimName']}" in KUBERNETES

    def test_it_is_the_image_of_the_dockerfile(self):
        security = POD["spec"]["securityContext"]
        assert (security["runAsUser"], security["runAsNonRoot"], security["fsGroup"]) == (USER, True, USER)
        assert CONTAINER["securityContext"]["readOnlyRootFilesystem"] is True
        assert CONTAINER["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert CONTAINER["args"] == yaml.safe_load(instructions("CMD")[-1])

    def test_ports_and_probes_are_those_of_the_server(self):
        (port,) = CONTAINER["ports"]
        assert str(port["containerPort"]) == instructions("EXPOSE")[0] == CONTAINER["args"][-2]
        assert KUBERNETES["Service/hybrid"]["spec"]["ports"][0]["targetPort"] == port["name"]
        (ingress,) = KUBERNETES["NetworkPolicy/hybrid"]["spec"]["ingress"]
        assert ingress["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]
        probes = {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {probe["port"] for probe in probes.values()} == {port["name"]}
        assert [probe["path"] for probe in probes.values()] == ["/healthz", "/healthz", "/readyz"]


# Its arguments: a folder that alone can be written to, this checkout, Python, the port, what the health check runs, and
# the embedding model as it was converted before, which would take a minute.
READ_ONLY = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/data" "$1/bot" "$1/bot/docs" "$1/tmp"
cat > "$1/bot/hybrid.toml"
mkdir "$1/data/cache" && { [ ! -d "$6" ] || cp -r "$6" "$1/data/cache/"; }
printf '# Refunds\\n\\nRefunds are paid within 5 working days.\\n' > "$1/bot/docs/refunds.md"
for place in "$1/bot" "$2" /; do
    mount --bind "$place" "$place" && mount -o remount,ro,bind "$place"
done
cd "$1/data"
touch "$1/bot/x" 2>/dev/null && exit 3
touch "$2/x" 2>/dev/null && exit 4
"$3" -m hybrid serve --host 127.0.0.1 --port "$4" 2> log &
until "$3" -c "$5" 2>/dev/null; do
    kill -0 $! 2>/dev/null || { cat log; exit 5; }
    sleep 0.1
done
"$3" -m hybrid ask "When are refunds paid?"
kill -TERM $!
wait $!
ls
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs a mount namespace of its own")
def test_the_server_runs_where_all_but_its_data_is_read_only(tmp_path):
    """The image's command, environment and health check, with this checkout in the place of the image."""
    settings = (ROOT / "examples" / "container" / "hybrid.toml").read_text("utf-8")
    settings = re.sub(r"^url = .*$", "", settings, flags=re.MULTILINE).replace('"/data/', f'"{tmp_path}/data/')
    settings = settings.replace('model = "auto"', 'model = "extractive"')
    image = dict(each.split("=", 1) for each in shlex.split(instructions("ENV")[-1]))
    check = yaml.safe_load(instructions("HEALTHCHECK")[-1].partition("CMD ")[2])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("", "connectors", "indexes", "adapters")),
        "HYBRID_CONFIG": f"{tmp_path}{image['HYBRID_CONFIG']}",
        "HYBRID_CACHE": f"{tmp_path}{image['HYBRID_CACHE']}",
        "TMPDIR": f"{tmp_path}/tmp",
        "PYTHONDONTWRITEBYTECODE": image["PYTHONDONTWRITEBYTECODE"],
    }
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("a mount namespace of its own needs rights that this user has not")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = [str(tmp_path), str(ROOT), sys.executable, port, check[2].replace(":8000", f":{port}")]
    arguments.append(str(cache_folder() / "embedding"))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", *arguments],
        env=environment, input=settings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "within 5 working days. [1]" in done.stdout
    assert done.stdout.split()[-4:] == ["cache", "index", "log", "server"]
