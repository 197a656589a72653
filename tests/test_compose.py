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
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("khabar")}
WORKER = "taskmanager"
"""The service in which the worker pool starts the task manager beside it."""


def environment(name: str) -> dict[str, str]:
    # A variable with a default stands for it; what is there for KHABAR_RUNNER=flink counts as given.
    values = {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}
    return {key: re.sub(r"\$\{\w+:[-+]([^}]*)\}", r"\1", value) for key, value in values.items()}


def options(name: str) -> list[str]:
    """Return what follows the command of one of our services, up to a command of another program."""
    words: list[str] = SERVICES[name]["command"][1:]
    return words[: words.index("--")] if "--" in words else words


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", service["image"])
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"]["max-size"]
    if name in OURS - {WORKER}:  # Flink writes its configuration beside its programs
        assert service["read_only"] is True
        assert any(mount.startswith("/tmp") for mount in service["tmpfs"])


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_those_of_this_machine_alone(name: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_simple_path_needs_no_profile() -> None:
    simple = {name for name, service in SERVICES.items() if not service.get("profiles")}
    assert simple == {"kafka", "postgres", "stream", "load", "dashboard"}
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", [])}
    assert profiles == {"flink", "monitoring"}


def test_no_secret_is_in_the_environment_or_in_the_build() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert not re.search(r"(?i)(password|token)\s*:\s*\$", text)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored  # what is sent to the engine is named, everything else is not
    assert not any(line.startswith("!secrets") for line in ignored)
    assert "secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    copied = {
        word.rstrip("/")
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert {word.partition("/")[0] for word in copied} == {word.partition("/")[0] for word in sent}


def test_secrets_are_made_by_the_script() -> None:
    script = (ROOT / "deploy" / "make-secrets").read_text("utf-8")
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].removeprefix("./") in script


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


def test_dependencies_are_installed_before_sources() -> None:
    lines = DOCKERFILE.splitlines()
    install = next(n for n, line in enumerate(lines) if "-r requirements.lock" in line)
    assert install < next(n for n, line in enumerate(lines) if line.startswith("COPY pipeline pipeline"))
    assert "requirements-dev.lock" not in DOCKERFILE


def test_flink_and_its_job_server_are_one_pair() -> None:
    flink = re.fullmatch(r"flink:(\d+\.\d+)\.\d+-.*", SERVICES["jobmanager"]["image"])
    server = re.fullmatch(r"apache/beam_flink(\d+\.\d+)_job_server:(.+)", SERVICES["jobserver"]["image"])
    assert flink and server
    assert flink[1] == server[1]
    assert server[2] == services.BEAM_VERSION
    assert f"FROM {SERVICES['jobmanager']['image']} AS flink" in DOCKERFILE


def test_beam_is_one_version_everywhere() -> None:
    import apache_beam

    assert apache_beam.__version__ == services.BEAM_VERSION
    assert f"beam/sdks/v2@v{services.BEAM_VERSION}" in DOCKERFILE
    assert re.search(
        rf"^apache-beam(\[.*\])?=={re.escape(services.BEAM_VERSION)}\b", (ROOT / "requirements.lock").read_text(), re.M
    )


def test_worker_pool_runs_what_the_native_one_runs(tmp_path: Any) -> None:
    native = Flink(tmp_path)._command("worker-pool", tmp_path)
    assert SERVICES[WORKER]["command"][0] == "worker-pool"
    composed = {option.partition("=")[0]: option.partition("=")[2] for option in options(WORKER)}
    assert {option.partition("=")[0] for option in native if option.startswith("--")} <= set(composed)
    assert environment("stream")["KHABAR_WORKER_POOL"] == f"localhost:{composed['--port']}"


def test_addresses_point_at_each_other() -> None:
    job = environment("stream")
    server = SERVICES["jobserver"]["command"]
    assert f"--job-port={job['KHABAR_JOB_ENDPOINT'].partition(':')[2]}" in server
    assert job["KHABAR_JOB_ENDPOINT"].startswith("jobserver:")
    # What it listens at is what it names to clients.
    assert "--job-host=jobserver" in server
    assert "--flink-master=jobmanager:8081" in server
    assert job["KHABAR_FLINK_REST"] == "http://jobmanager:8081"
    host, _, port = job["KHABAR_BOOTSTRAP_SERVERS"].partition(":")
    assert f"PLAINTEXT://{host}:{port}" in environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_and_variables_are_those_of_the_command_line(name: str) -> None:
    command = SERVICES[name]["command"][0]
    parameters = main.commands[command].params
    known = {option for parameter in parameters for option in parameter.opts}
    assert {option.partition("=")[0] for option in options(name)} <= known
    variables = {str(parameter.envvar) for parameter in parameters if getattr(parameter, "envvar", None)}
    assert {key for key in environment(name) if key.startswith("KHABAR_")} <= variables


def test_image_is_not_root_and_matches_the_job() -> None:
    assert re.search(r"^USER khabar$", DOCKERFILE, re.M)
    assert all(
        re.match(r"FROM [\w./-]+:\d[\w.-]+( AS \w+)?$", line)
        for line in DOCKERFILE.splitlines()
        if line.startswith("FROM") and line.split()[1] not in ("base", "build")
    )
    assert DOCKERFILE.splitlines()[-1] == "USER khabar"


def test_prometheus_scrapes_every_process_that_serves_metrics() -> None:
    scraped = yaml.safe_load((ROOT / "docs" / "monitoring" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    targets = {target for job in scraped for config in job.get("static_configs", []) for target in config["targets"]}
    # The task manager is there with its profile only.
    found = [config for job in scraped for config in job.get("dns_sd_configs", [])]
    targets |= {f"{name}:{config['port']}" for config in found for name in config["names"]}
    serving = {"dashboard:8000"}
    for name in OURS:
        ports = [option.partition("=")[2] for option in options(name) if "--metrics-port=" in option]
        serving |= {f"{name}:{port}" for port in ports}
    assert targets == serving
    assert {"stream:9100", "taskmanager:9100"} <= serving


def test_what_the_image_leaves_out_is_not_read() -> None:
    script = (ROOT / "deploy" / "prune").read_text("utf-8")
    assert "cities15000" not in script
    sources = [path.read_text("utf-8") for path in (ROOT / "transforms").rglob("*.py")]
    assert {size for text in sources for size in re.findall(r"min_city_population=(\d+)", text)} == {"15000"}
    assert "wordfreq/data/small" not in script
    lists = {
        name for text in sources for name in re.findall(r"(?:available_languages|get_frequency_dict)\((.*?)\)", text)
    }
    assert lists and all('"small"' in name for name in lists)
