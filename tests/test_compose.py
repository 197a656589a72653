"""Holds docker-compose.yml and the Dockerfile against what the native services run, without a container engine."""

import re
from typing import Any

import pytest
import yaml

from pipeline import services
from pipeline.cli.main import main
from pipeline.services import Flink, Kafka
from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("khabar:")}


def environment(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", service["image"])
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


def test_state_lives_in_named_volumes() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted == set(COMPOSE["volumes"])


def test_dependencies_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_kafka_is_the_native_broker(tmp_path: Any) -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{services.KAFKA_VERSION}"
    native = Kafka(tmp_path).properties()
    places = {"controller.quorum.voters", "listeners", "log.dirs"}
    # Native only: quick to start with few partitions of the internal topics.
    quick = {"offsets.topic.num.partitions", "transaction.state.log.num.partitions"}
    composed = environment("kafka")
    for key, value in native.items():
        if key not in places | quick:
            assert composed["KAFKA_" + key.upper().replace(".", "_")] == value, key


def test_flink_has_the_native_settings(tmp_path: Any) -> None:
    native = Flink(tmp_path)
    text = environment("jobmanager")["FLINK_PROPERTIES"]
    assert text == environment("taskmanager")["FLINK_PROPERTIES"]
    composed = dict(line.split(": ", 1) for line in text.strip().splitlines())
    for key in ("classloader.resolve-order", "heartbeat.interval", "heartbeat.timeout", "task.cancellation.timeout"):
        assert composed[key] == native.configuration()[key]
    # Flink 1.16 calls it restart-strategy, later ones restart-strategy.type.
    assert composed["restart-strategy.type"] == native.configuration()["restart-strategy"]
    assert composed["taskmanager.numberOfTaskSlots"] == str(native.slots)


def test_flink_and_its_job_server_are_one_pair() -> None:
    flink = re.fullmatch(r"flink:(\d+\.\d+)\.\d+-.*", SERVICES["jobmanager"]["image"])
    server = re.fullmatch(r"apache/beam_flink(\d+\.\d+)_job_server:(.+)", SERVICES["jobserver"]["image"])
    assert flink and server
    assert flink[1] == server[1]
    assert server[2] == services.BEAM_VERSION
    assert SERVICES["taskmanager"]["image"] == SERVICES["jobmanager"]["image"]


def test_beam_is_one_version_everywhere() -> None:
    import apache_beam

    assert apache_beam.__version__ == services.BEAM_VERSION
    assert f"beam/sdks/v2@v{services.BEAM_VERSION}" in DOCKERFILE
    assert re.search(
        rf"^apache-beam(\[.*\])?=={re.escape(services.BEAM_VERSION)}\b", (ROOT / "requirements.lock").read_text(), re.M
    )


def test_worker_pool_runs_what_the_native_one_runs(tmp_path: Any) -> None:
    native = Flink(tmp_path)._command("worker-pool", tmp_path)
    composed = SERVICES["worker-pool"]["command"]
    assert [option.partition("=")[0] for option in composed[:3]] == [option.partition("=")[0] for option in native[1:]]
    port = composed[1].removeprefix("--port=")
    assert environment("job")["KHABAR_WORKER_POOL"] == f"localhost:{port}"
    assert SERVICES["worker-pool"]["network_mode"] == "service:taskmanager"


def test_addresses_point_at_each_other() -> None:
    job = environment("job")
    server = SERVICES["jobserver"]["command"]
    assert f"--job-port={job['KHABAR_JOB_ENDPOINT'].partition(':')[2]}" in server
    assert job["KHABAR_JOB_ENDPOINT"].startswith("jobserver:")
    assert "--flink-master=jobmanager:8081" in server
    assert job["KHABAR_FLINK_REST"] == "http://jobmanager:8081"
    host, _, port = job["KHABAR_BOOTSTRAP_SERVERS"].partition(":")
    assert f"PLAINTEXT://{host}:{port}" in environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_and_variables_are_those_of_the_command_line(name: str) -> None:
    command, *options = SERVICES[name]["command"]
    parameters = main.commands[command].params
    known = {option for parameter in parameters for option in parameter.opts}
    assert {option.partition("=")[0] for option in options} <= known
    variables = {str(parameter.envvar) for parameter in parameters if getattr(parameter, "envvar", None)}
    assert {key for key in environment(name) if key.startswith("KHABAR_")} <= variables


def test_image_is_not_root_and_matches_the_job() -> None:
    assert re.search(r"^USER khabar$", DOCKERFILE, re.M)
    assert DOCKERFILE.index("USER khabar") < DOCKERFILE.index("ENTRYPOINT")
    assert all(
        re.match(r"FROM [\w./-]+:\d[\w.-]+( AS \w+)?$", line)
        for line in DOCKERFILE.splitlines()
        if line.startswith("FROM")
    )


def test_prometheus_scrapes_every_process_that_serves_metrics() -> None:
    scraped = yaml.safe_load((ROOT / "docs" / "monitoring" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    targets = {target for job in scraped for config in job["static_configs"] for target in config["targets"]}
    serving = {"dashboard:8000"}
    for name, service in SERVICES.items():
        ports = [option.partition("=")[2] for option in service.get("command", []) if "--metrics-port=" in option]
        host = service.get("network_mode", name).removeprefix("service:")
        serving |= {f"{host}:{port}" for port in ports}
    assert targets == serving
    assert {"job:9100", "taskmanager:9100"} <= serving
