"""The deployment files name only what exists: commands, settings, resources, secrets, ports, files. No engine runs here.

`python -m tests.unit.test_deploy` writes deploy/kubernetes/sentinel.yaml from the chart's defaults.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from cli.main import app as command_line
from runtime.cluster import LOCAL_SLOTS
from storage.settings import Settings

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "kubernetes" / "chart"
RENDERED = CHART.parent / "sentinel.yaml"
VALUE = re.compile(r"\{\{ \.Values\.([\w.]+) \}\}")
SECRETS = {"DATABASE_URL", "REDIS_URL", "SENTINEL_SECRET_KEY", "SENTINEL_SMTP_URL", "REDIS_PASSWORD"}
HEAD = """\
# One installation on Kubernetes with KubeRay: the chart beside this file with its default values, for `kubectl apply`.
# Made by `python -m tests.unit.test_deploy`; change the chart, not this file.
# Verified by tests/unit/test_deploy.py: it parses, and commands, settings, secrets, ports, resources and labels fit each other
# and the code. Run on 29 November 2026: taken by an API server and scheduler 1.34.4 and by the KubeRay operator 1.5.0, which
# made its Pods and Services. NOT run: a Pod of it, for there was no kubelet (docs/operations.md, *On Kubernetes*).
"""
OTHERS = {"SENTINEL_GATEWAY", "RAY_ADDRESS", "POD_IP", "RAY_REDIS_ADDRESS", "RAY_external_storage_namespace"}
"""Variables that are Ray's, the console's or a file's own, not settings of ours."""


def render(template: str, values: dict[str, Any]) -> str:
    """What helm does with the little of its language that the chart uses."""

    def value(found: re.Match[str]) -> str:
        at: Any = values
        for name in found[1].split("."):
            at = at[name]
        return str(at)

    text = VALUE.sub(value, template)
    assert "{{" not in text, "the chart may use {{ .Values.… }} only: nothing here could check more"
    return text


def rendered() -> str:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    texts = [render(path.read_text(), values) for path in sorted((CHART / "templates").glob("*.yaml"))]
    return HEAD + "---\n" + "---\n".join(texts)


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(rendered()))


def pods(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Pod specifications of a manifest."""
    spec = manifest["spec"]
    if manifest["kind"] == "RayCluster":
        return [g["template"] for g in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    return [spec["template"]] if "template" in spec else []


def containers() -> Iterator[dict[str, Any]]:
    for manifest in manifests():
        for pod in pods(manifest):
            yield from pod["spec"]["containers"]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [m for m in manifests() if m["kind"] == kind]


def settings() -> set[str]:
    return {str(field.alias) for field in Settings.model_fields.values()}


def compose() -> dict[str, Any]:
    """The services of the compose file."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "deploy/docker/compose.yaml").read_text())["services"]
    return services


def commands() -> list[list[str]]:
    """Every command that a file starts."""
    found = [c["command"] for c in containers() if "command" in c]
    found += [c for s in compose().values() if "command" in s for c in separate(s["command"])]
    found.append(json.loads(re.findall(r"^CMD (.*)$", dockerfile(), re.M)[-1]))
    launcher = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    for line in launcher["head_start_ray_commands"] + launcher["worker_start_ray_commands"]:
        found += [shlex.split(c) for c in re.findall(r"\.venv/bin/((?:python|sentinel|ray) [^>&]*)", line)]
    return found


def separate(command: list[str]) -> list[list[str]]:
    """The commands of a shell's line, or the one that it is."""
    if command[:2] != ["sh", "-c"]:
        return [command]
    return [shlex.split(c.strip().removeprefix("exec ")) for c in command[2].split("&&")]


def after(command: list[str], option: str) -> str:
    """What an option is given."""
    return command[command.index(option) + 1]


def dockerfile() -> str:
    return (ROOT / "deploy/docker/Dockerfile").read_text()


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_a_started_command_exists(command: list[str]) -> None:
    match command:
        case ["python", "-m", module, *rest]:
            found = importlib.util.find_spec(module)
            assert found is not None and found.origin is not None
            source = Path(found.origin)
            main = source.with_name("__main__.py") if source.name == "__init__.py" else source
            text = main.read_text()
            assert "__main__" in text
            assert all(option in text for option in rest if option.startswith("--"))
        case ["sentinel", name, *_]:
            group = typer.main.get_command(command_line)
            assert name in group.commands  # type: ignore[attr-defined]
        case ["ray", "start" | "stop", *_] | ["valkey-server", *_]:
            pass
        case _:
            raise AssertionError(f"what is {command}?")


def test_every_variable_is_a_setting_of_ours_or_known_to_be_rays() -> None:
    named = {e["name"] for c in containers() for e in c.get("env", ())}
    for service in compose().values():
        named |= {k for k in service.get("environment", {}) if not k.startswith("POSTGRES_")}
    named |= {
        n for line in re.findall(r"^ENV (.*(?:\\\n.*)*)", dockerfile(), re.M) for n in re.findall(r"(\w+)=", line)
    }
    named -= {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"}
    unknown = {n for n in named if n not in settings() | OTHERS and not re.match(r"RAY_(gcs_rpc|USAGE|worker_nice)", n)}
    assert not unknown


def test_every_process_of_ours_has_the_same_secrets() -> None:
    told = (CHART / "values.yaml").read_text()
    assert all(f"--from-literal={name}=" in told for name in SECRETS)
    assert settings() >= SECRETS - {"REDIS_PASSWORD"}
    for container in containers():
        ours = container.get("command", ["ray"])[0] in ("python", "sentinel")
        assert ("envFrom" in container) == (ours and container["name"] != "console"), "the console needs no secret"
    refs = {r["secretRef"]["name"] for c in containers() for r in c.get("envFrom", ())}
    (cluster,) = of_kind("RayCluster")
    password = cluster["spec"]["gcsFaultToleranceOptions"]["redisPassword"]["valueFrom"]["secretKeyRef"]
    assert refs == {password["name"]} and password["key"] in SECRETS


def test_services_budgets_and_spreads_choose_the_pods_they_mean() -> None:
    labels = [pod["metadata"]["labels"] for m in manifests() for pod in pods(m)]
    chosen = [m["spec"]["selector"] for m in of_kind("Service")]
    chosen += [m["spec"]["selector"]["matchLabels"] for m in of_kind("PodDisruptionBudget")]
    for manifest in manifests():
        for pod in pods(manifest):
            spread = pod["spec"].get("topologySpreadConstraints", ())
            assert all(s["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items() for s in spread)
    assert len(chosen) == 3
    for selector in chosen:
        assert any(selector.items() <= found.items() for found in labels), selector
    (scaler,), (gateway,) = of_kind("HorizontalPodAutoscaler"), of_kind("StatefulSet")
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == (gateway["kind"], gateway["metadata"]["name"])


def test_probes_ask_for_paths_that_the_gateway_has() -> None:
    paths = json.loads((ROOT / "gateway" / "openapi.json").read_text())["paths"]
    (gateway,) = [c for c in containers() if c["name"] == "gateway"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert gateway[probe]["httpGet"]["path"] in paths
    port = {e["name"]: e.get("value") for e in gateway["env"]}["PORT"]
    assert [str(p["containerPort"]) for p in gateway["ports"]] == [port]
    mounted = {m["mountPath"] for m in gateway["volumeMounts"]}
    home = next(e["value"] for e in gateway["env"] if e["name"] == "SENTINEL_HOME")
    assert home in mounted, "the spool must outlive its pod"


def test_nodes_offer_the_slots_that_hosts_ask_for_and_enough_of_them() -> None:
    (cluster,) = of_kind("RayCluster")
    head, (workers,) = cluster["spec"]["headGroupSpec"], cluster["spec"]["workerGroupSpecs"]
    offered = json.loads(json.loads(workers["rayStartParams"]["resources"]))
    supervisor = next(c for c in head["template"]["spec"]["containers"] if c["name"] == "hosts")
    assert set(offered) == set(LOCAL_SLOTS)
    assert int(after(supervisor["command"], "--hosts")) == workers["replicas"] * offered["host_slot"]
    assert head["rayStartParams"]["num-cpus"] == "0"
    nodes = [s for name, s in compose().items() if name.startswith("node-")]
    (slots,) = {a.partition("=")[2] for s in nodes for a in s["command"] if a.startswith("--resources")}
    assert set(json.loads(slots)) == set(LOCAL_SLOTS)
    assert after(separate(compose()["hosts"]["command"])[-1], "--hosts") == str(
        len(nodes) * json.loads(slots)["host_slot"]
    )


def test_the_launcher_file_passes_the_schema_of_the_installed_ray() -> None:
    launcher = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    validate_config(prepare_config(launcher))
    worker = launcher["available_node_types"]["worker"]
    assert LOCAL_SLOTS.keys() <= worker["resources"].keys()
    assert launcher["available_node_types"]["head"]["resources"]["CPU"] == 0
    hosts = worker["min_workers"] * worker["resources"]["host_slot"]
    assert any(f"--hosts {hosts} " in c for c in launcher["head_start_ray_commands"])


def test_the_image_copies_every_package_and_nothing_that_is_not_there() -> None:
    sources = [s for line in re.findall(r"^COPY (?!--)(.*)$", dockerfile(), re.M) for s in line.split()[:-1]]
    assert [s for s in sources if not (ROOT / s).exists()] == []
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    copied = re.findall(r"^COPY (\w+) (\w+)$", dockerfile(), re.M)
    assert {(p, p) for p in packages} <= set(copied), "each package by itself, under its own name"
    assert re.search(r"^USER (?!0|root)", dockerfile(), re.M)


def test_a_new_volume_belongs_to_the_user_of_the_image() -> None:
    (made,) = re.findall(r"install -d -o sentinel .*?((?: /[\w/]+)+)", dockerfile())
    for name, service in compose().items():
        mounted = [v.split(":")[1] for v in service.get("volumes", ())]
        if service["image"].startswith("fangorn-sentinel"):
            assert set(mounted) <= set(made.split()), f"{name} could not write there: root would own it"


def test_no_container_shares_the_network_of_another() -> None:
    assert not any("network_mode" in s for s in compose().values()), "it loses it when the other starts again"


def test_the_database_is_said_to_be_there_when_it_answers_by_network() -> None:
    assert "-h 127.0.0.1" in compose()["postgres"]["healthcheck"]["test"][1], "its first start has a socket file only"


def test_rays_objects_fit_into_the_shared_memory_they_are_given() -> None:
    for service in compose().values():
        for command in [c for c in separate(service.get("command", [""])) if c[0] == "ray"]:
            (size,) = [int(a.partition("=")[2]) for a in command if a.startswith("--object-store-memory")]
            assert size < int(service["shm_size"].removesuffix("m")) * 2**20
    (cluster,) = of_kind("RayCluster")
    for group in (cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]):
        (shm,) = [v["emptyDir"] for v in group["template"]["spec"]["volumes"] if v["name"] == "ray-shm"]
        size = int(group["rayStartParams"]["object-store-memory"])
        assert size < int(shm["sizeLimit"].removesuffix("Mi")) * 2**20


def test_secrets_and_data_reach_neither_the_engine_nor_the_repository() -> None:
    unsent = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".sentinel", "**/.env", "**/sentinel.env"} <= set(unsent)
    assert {".env", "sentinel.env", ".sentinel/"} <= set((ROOT / ".gitignore").read_text().split())
    sources = [s for line in re.findall(r"^COPY (?!--)(.*)$", dockerfile(), re.M) for s in line.split()[:-1]]
    assert not set(sources) & set(unsent)
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "deploy/docker/compose.yaml").read_text()))
    assert asked <= set(re.findall(r"^(\w+)=", (ROOT / "deploy/docker/.env.example").read_text(), re.M))


def test_hosts_outlive_their_supervisor_where_nodes_do() -> None:
    supervisors = [c for c in commands() if c[1:3] == ["-m", "runtime.hosts"]]
    assert len(supervisors) == 3 and all("--hosts-live-on" in c for c in supervisors), (
        "else nobody pages while it moves"
    )


def test_no_pod_asks_for_what_restricted_namespaces_refuse() -> None:
    for manifest in manifests():
        for pod in pods(manifest):
            assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers():
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert (
            container.get("livenessProbe", {}).get("timeoutSeconds", 9) > 1 or "httpGet" in container["livenessProbe"]
        )
    assert all("ttlSecondsAfterFinished" in job["spec"] for job in of_kind("Job")), "a Job cannot be changed by apply"


def test_one_worker_may_be_evicted_at_a_time() -> None:
    """A budget cannot count what is missing of a RayCluster: with maxUnavailable it allows nothing, for ever."""
    (budget,) = [b for b in of_kind("PodDisruptionBudget") if b["metadata"]["name"] == "sentinel-hosts"]
    (cluster,) = of_kind("RayCluster")
    (workers,) = cluster["spec"]["workerGroupSpecs"]
    assert "maxUnavailable" not in budget["spec"]
    assert budget["spec"]["minAvailable"] == workers["replicas"] - 1


def test_a_command_of_the_launcher_does_not_end_its_own_shell() -> None:
    launcher = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    for line in launcher["head_start_ray_commands"] + launcher["worker_start_ray_commands"]:
        for pattern in re.findall(r'pkill -f "([^"]+)"', line):
            assert not re.search(pattern.removesuffix("$"), line), "the shell has the whole line in its arguments"


def test_the_plain_manifest_is_the_chart_with_its_defaults() -> None:
    assert RENDERED.read_text() == rendered(), "run python -m tests.unit.test_deploy"


if __name__ == "__main__":
    RENDERED.write_text(rendered())
