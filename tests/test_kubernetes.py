"""Holds the manifests of deploy/kubernetes against the schemas of Kubernetes, and against docker-compose.yml."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipeline.cli.main import main
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
PATCHES = {FOLDER / "flink" / "stream.yaml"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document]


EVERYTHING = [document for path in FILES if path not in PATCHES for document in documents(path)]
PODS = {
    document["metadata"]["name"]: document["spec"]["template"]
    for document in EVERYTHING
    if document["kind"] in ("Deployment", "StatefulSet")
}
POLICIES = {document["metadata"]["name"]: document for document in EVERYTHING if document["kind"] == "NetworkPolicy"}


def container(name: str) -> dict[str, Any]:
    (found,) = PODS[name]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_manifests_are_valid(path: Path) -> None:
    for document in documents(path):
        if path not in PATCHES:
            kubernetes_validate.validate(document, "1.30", strict=True)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("kustomization.yaml")), ids=lambda path: path.parent.name)
def test_every_file_is_named_once(path: Path) -> None:
    found = yaml.safe_load(path.read_text("utf-8"))
    named = [path.parent / name for name in found["resources"] if name != "../base"]
    named += [path.parent / patch["path"] for patch in found.get("patches", [])]
    assert sorted(named) == [file for file in FILES if file.parent == path.parent]


def test_the_parts_are_those_of_compose() -> None:
    assert set(PODS) == set(COMPOSE) - {"trends", "prometheus", "grafana"}
    for name in PODS:
        image = container(name)["image"]
        assert image in (COMPOSE[name]["image"], COMPOSE[name]["image"].partition(":")[0])


@pytest.mark.parametrize("name", PODS)
def test_every_pod_is_confined_and_probed(name: str) -> None:
    pod, found = PODS[name]["spec"], container(name)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert found["securityContext"]["allowPrivilegeEscalation"] is False
    assert found["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(found["resources"]["limits"]) == {"cpu", "memory"}
    assert {"readinessProbe", "livenessProbe"} <= set(found)


@pytest.mark.parametrize("name", ["stream", "load", "dashboard", "taskmanager"])
def test_commands_are_those_of_the_command_line(name: str) -> None:
    words = container(name)["args"]
    command, *options = words[: words.index("--")] if "--" in words else words
    known = {option for parameter in main.commands[command].params for option in parameter.opts}
    assert {option.partition("=")[0] for option in options} <= known


def test_one_stream_drains_before_the_next_begins() -> None:
    (stream,) = (
        document for document in documents(FOLDER / "base" / "stream.yaml") if document["kind"] == "Deployment"
    )
    assert stream["spec"]["replicas"] == 1
    assert stream["spec"]["strategy"] == {"type": "Recreate"}
    drain = next(int(entry["value"]) for entry in container("stream")["env"] if entry["name"] == "KHABAR_DRAIN_TIMEOUT")
    assert PODS["stream"]["spec"]["terminationGracePeriodSeconds"] > drain


def test_nobody_but_the_stream_reaches_the_job_server() -> None:
    assert POLICIES["closed"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    (rule,) = POLICIES["jobserver"]["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"khabar/flink": "client"}}}]
    (patch,) = documents(FOLDER / "flink" / "stream.yaml")
    assert patch["spec"]["template"]["metadata"]["labels"] == {"khabar/flink": "client"}
    labels = {name: pod["metadata"]["labels"].get("khabar/flink") for name, pod in PODS.items()}
    assert "client" not in labels.values()
    reached = {port["port"] for rule in POLICIES["taskmanager"]["spec"]["ingress"] for port in rule["ports"]}
    assert 50000 not in reached  # the worker pool: its own task manager asks it, on the loopback interface


def test_flink_is_configured_as_in_compose() -> None:
    (settings,) = (
        document for document in documents(FOLDER / "flink" / "cluster.yaml") if document["kind"] == "ConfigMap"
    )

    def pairs(text: str) -> dict[str, str]:
        return dict(line.split(": ", 1) for line in text.strip().splitlines())

    here = pairs(settings["data"]["FLINK_PROPERTIES"])
    there = pairs(COMPOSE["jobmanager"]["environment"]["FLINK_PROPERTIES"].replace("$$", "$"))
    assert there.items() <= here.items()


def test_secrets_are_those_that_the_script_makes() -> None:
    made = set(re.findall(r"secrets/([\w-]+)", (ROOT / "deploy" / "make-secrets").read_text("utf-8")))
    for pod in PODS.values():
        for volume in pod["spec"].get("volumes", []):
            assert {item["key"] for item in volume.get("secret", {}).get("items", [])} <= made
