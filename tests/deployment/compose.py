"""Run the deployment of docker-compose.yml for real, break every part of it, and count what comes out.

    python -m tests.deployment.compose [--profile flink] [--profile monitoring] [--no-build] [--keep] [--away SECONDS]

Builds the images, starts everything under a project of its own, sends articles from this machine, and kills the process
of each container while records are under way; then the broker stays away, everything is killed at once, stopped, taken
down and brought up again. After each step the stream must go on by itself; in the end `khabar verify` must find each
record once. Prints a line with its time for each step; exit status 1 when something does not hold.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from kafka import KafkaProducer

from benchmarks.faults import mixed_records
from pipeline.kafka.connection import Connection, KafkaJob, Topics, until_answered
from pipeline.kafka.topics import lag
from pipeline.services import free_port
from tests.conftest import KHABAR, ROOT

PROJECT: Final = "khabar-test"
PATIENCE: Final = 600.0
"""Seconds that any recovery may take."""
BATCH: Final = 100
"""Records that are under way when something is killed."""
GRACE: Final = 120
"""Longest grace period in docker-compose.yml."""
PORTS: Final = {
    "KHABAR_KAFKA_PORT": "kafka",
    "KHABAR_DASHBOARD_PORT": "dashboard",
    "KHABAR_FLINK_PORT": "jobmanager",
    "KHABAR_PROMETHEUS_PORT": "prometheus",
    "KHABAR_GRAFANA_PORT": "grafana",
}


class Failed(Exception):
    """The deployment does not do what it should."""


@dataclass
class Deployment:
    """A project of Compose, seen from this machine."""

    profiles: tuple[str, ...]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})
    sent: int = 0

    def __post_init__(self) -> None:
        runner = {"KHABAR_RUNNER": "flink"} if "flink" in self.profiles else {}
        self.environment = {**os.environ, **{name: str(port) for name, port in self.ports.items()}, **runner}
        self.job = KafkaJob(
            name="khabar",
            run="",
            connection=Connection(bootstrap_servers=(f"localhost:{self.ports['KHABAR_KAFKA_PORT']}",)),
            topics=Topics(),
            pipeline_version="test",
        )

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run a command of Compose; return what it prints."""
        profiles = [word for profile in self.profiles for word in ("--profile", profile)]
        command = ["docker", "compose", "--project-name", PROJECT, *profiles, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise Failed(f"docker compose {' '.join(arguments)}: {(done.stdout + done.stderr).strip()[-3000:]}")
        return done.stdout

    def services(self) -> list[str]:
        return self.compose("config", "--services").split()

    def inspect(self, service: str) -> dict[str, Any]:
        container = self.compose("ps", "--all", "--quiet", service).strip()
        done = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        state: dict[str, Any] = json.loads(done.stdout)[0]["State"]
        return state

    def health(self, service: str) -> str:
        with contextlib.suppress(subprocess.CalledProcessError, IndexError, json.JSONDecodeError):
            return str(self.inspect(service).get("Health", {}).get("Status", "none"))
        return "none"

    def why(self, service: str) -> str:
        """Return what the last health check said."""
        return str(self.inspect(service)["Health"]["Log"][-1]["Output"]).strip()

    def send(self, records: list[bytes]) -> None:
        producer = KafkaProducer(bootstrap_servers=self.job.connection.bootstrap_servers, linger_ms=10)
        for record in records:
            producer.send(self.job.topics.raw, value=record)
        producer.flush()
        producer.close()
        self.sent += len(records)

    def behind(self) -> int:
        return until_answered("measure the lag", lambda: lag(self.job)).behind

    def kill_inside(self, service: str, what: str = "") -> None:
        """Kill the process of a container by SIGKILL, from inside: so the engine takes it for a crash.

        `what` names another process than the first child of the container's init.
        """
        user = {"jobmanager": "flink", "postgres": "postgres"}.get(service)
        find = f"pgrep -f {what} | head -1" if what else "cut -d' ' -f1 /proc/1/task/1/children"
        self.compose(
            "exec", "-T", *(("--user", user) if user else ()), service, "sh", "-c", f"kill -9 $({find})", check=False
        )


def eventually(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Wait until `holds`; return the seconds that it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise Failed(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.5)
    return time.monotonic() - began


def say(what: str, seconds: float | None = None, more: str = "") -> None:
    took = f"{seconds:8.1f} s" if seconds is not None else " " * 10
    print(f"{time.strftime('%H:%M:%S')} {took}  {what}{': ' + more if more else ''}", flush=True)


class Walk:
    """The steps, in their order."""

    def __init__(self, deployment: Deployment, away: float) -> None:
        self.d = deployment
        self.away = away
        self.records: Iterator[bytes] = mixed_records(100_000, seed=1)

    def batch(self, number: int = BATCH) -> list[bytes]:
        return [next(self.records) for _ in range(number)]

    def up(self) -> None:
        began = time.monotonic()
        self.d.compose("up", "--detach", "--wait", "--wait-timeout", "600")
        say("up, everything healthy", time.monotonic() - began)

    def done(self) -> bool:
        return self.d.behind() == 0

    def first_articles(self) -> None:
        self.d.send(self.batch(300))
        seconds = eventually(lambda: self.d.behind() < 300, "the first articles are committed")
        say("first articles after they were sent", seconds)
        say("all 300 records", seconds + eventually(self.done, "300 records are processed"))

    def verify(self) -> None:
        done = subprocess.run(
            [KHABAR, "verify", "--bootstrap-servers", self.d.job.connection.bootstrap_servers[0]],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not done.stdout.startswith(f"ok: {self.d.sent} records"):
            raise Failed(f"verify, {self.d.sent} records sent: {done.stdout}{done.stderr}")
        say("verify", None, done.stdout.strip())

    def dashboard(self) -> None:
        port = self.d.ports["KHABAR_DASHBOARD_PORT"]
        token = (ROOT / "secrets" / "token").read_text("ascii").strip()

        def get(path: str, **headers: str) -> tuple[int, str]:
            request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, ""

        if get("/metrics")[0] not in (401, 403):
            raise Failed("the dashboard answers without a token")
        given = {"authorization": f"Bearer {token}"}
        eventually(lambda: get("/", **given)[0] == 200, "the dashboard answers with the token", 60)
        loaded = 'khabar_dashboard_seconds_count{page="'
        if loaded not in get("/metrics", **given)[1]:
            raise Failed("the dashboard serves no metrics")
        say("dashboard and its metrics with the token, nothing without")

    def metrics(self) -> None:
        text = self.d.compose("exec", "-T", "stream", "ready", "9100", "/metrics", "khabar_stream_ready 1.0")
        say("metrics of the stream", None, text.strip())
        if "monitoring" not in self.d.profiles:
            return
        url = f"http://localhost:{self.d.ports['KHABAR_PROMETHEUS_PORT']}/api/v1/targets?state=active"

        def up() -> dict[str, str]:
            with urllib.request.urlopen(url, timeout=10) as answer:
                targets = json.load(answer)["data"]["activeTargets"]
            return {target["labels"]["job"]: target["health"] for target in targets}

        eventually(lambda: set(up().values()) == {"up"}, "Prometheus reaches every target", 90)
        say("Prometheus reaches", None, ", ".join(sorted(up())))
        with urllib.request.urlopen(url.replace("/targets?state=active", "/rules"), timeout=10) as answer:
            rules = [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
        if not rules or any(rule["health"] == "err" for rule in rules):
            raise Failed(f"rules of alarms: {rules}")
        firing = ", ".join(rule["name"] for rule in rules if rule["state"] == "firing")
        say("alarms", None, f"{len(rules)} rules, firing: {firing or 'none'}")

    def kills(self) -> None:
        victims = [(service, "") for service in self.d.services() if service not in ("prometheus", "grafana", "trends")]
        if "flink" in self.d.profiles:
            victims.append(("taskmanager", "TaskManagerRunner"))
        for service, what in victims:
            before = self.d.inspect(service)["StartedAt"]
            self.d.send(self.batch())
            self.d.kill_inside(service, what)
            began = time.monotonic()
            eventually(
                lambda service=service, before=before: self.d.inspect(service)["StartedAt"] != before,  # type: ignore[misc]
                f"{service} starts again",
            )
            eventually(self.done, f"all is processed after {service} was killed")
            processed = time.monotonic() - began
            healthy = eventually(self.healthy, f"all are healthy after {service} was killed") + processed
            say(f"{service} {what} killed: all processed".replace("  ", " "), processed, f"all healthy {healthy:.0f} s")

    def healthy(self) -> bool:
        return all(self.d.health(service) == "healthy" for service in self.d.services())

    def broker_away(self) -> None:
        self.d.compose("stop", "kafka")
        began = time.monotonic()
        seconds = eventually(lambda: self.d.health("stream") == "unhealthy", "the stream is unhealthy without broker")
        say("broker away: unhealthy", seconds, self.d.why("stream"))
        while time.monotonic() - began < self.away:
            time.sleep(1)
        self.d.compose("start", "kafka")
        began = time.monotonic()
        eventually(lambda: self.d.health("kafka") == "healthy", "the broker is back")
        back = time.monotonic()
        say("broker back after", back - began)
        self.d.send(self.batch())
        eventually(self.done, "the stream goes on")
        say("the stream has gone on", time.monotonic() - back)
        eventually(lambda: self.d.health("stream") == "healthy", "the stream is healthy again")
        say("and is healthy", time.monotonic() - back)

    def power_cut(self) -> None:
        self.d.send(self.batch())
        self.d.compose("kill")
        began = time.monotonic()
        self.d.compose("up", "--detach", "--wait", "--wait-timeout", "600")
        eventually(self.done, "all is processed after a power cut")
        say("power cut, everything up again, all processed", time.monotonic() - began)

    def stop(self) -> None:
        self.d.send(self.batch())
        began = time.monotonic()
        self.d.compose("stop")
        seconds = time.monotonic() - began
        statuses = {service: self.d.inspect(service)["ExitCode"] for service in self.d.services()}
        say("stop", seconds, ", ".join(f"{service} {status}" for service, status in statuses.items()))
        if set(statuses.values()) - {0, 143} or statuses["stream"] != 0:
            raise Failed("a container had to be killed, or the stream did not drain")

    def down_and_up(self) -> None:
        self.d.compose("down")
        began = time.monotonic()
        self.d.compose("up", "--detach", "--wait", "--wait-timeout", "600")
        self.d.send(self.batch())
        eventually(self.done, "all is processed after down and up")
        say("down, up, all processed", time.monotonic() - began)

    def idle_use(self) -> None:
        names = self.d.compose("ps", "--format", "{{.Name}}").split()
        time.sleep(20)
        samples = [self._stats(names) for _ in range(5)]
        total_memory = total_cpu = 0.0
        for name in names:
            cpu = sum(sample[name][0] for sample in samples) / len(samples)
            memory = samples[-1][name][1]
            total_cpu, total_memory = total_cpu + cpu, total_memory + memory
            say(f"idle: {name}", None, f"{cpu:.1f} % of a core, {memory:.0f} MiB")
        say("idle, in all", None, f"{total_cpu:.0f} % of a core, {total_memory:.0f} MiB")

    @staticmethod
    def _stats(names: list[str]) -> dict[str, tuple[float, float]]:
        command = ["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.MemUsage}}", *names]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        units = {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024, "B": 1 / 1024**2}
        found = {}
        for line in text.splitlines():
            name, cpu, memory = line.split()[:3]
            unit = next(unit for unit in units if memory.endswith(unit))
            found[name] = (float(cpu.rstrip("%")), float(memory.removesuffix(unit)) * units[unit])
        return found

    def image_sizes(self) -> None:
        images = {
            service["image"]
            for service in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
        }
        for image in sorted(image for image in images if image.startswith("khabar")):
            done = subprocess.run(
                ["docker", "image", "inspect", "--format", "{{.Size}}", image],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                say(f"image {image}", None, f"{int(done.stdout) / 1e6:.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="append", default=[], choices=["flink", "monitoring"])
    parser.add_argument("--no-build", action="store_true", help="take the images that are there")
    parser.add_argument("--keep", action="store_true", help="leave everything running in the end")
    parser.add_argument("--away", type=float, default=180.0, help="seconds that the broker is away")
    given = parser.parse_args()
    deployment = Deployment(tuple(given.profile))
    walk = Walk(deployment, given.away)
    subprocess.run(["deploy/make-secrets"], cwd=ROOT, check=True)
    began = time.monotonic()
    try:
        deployment.compose("down", "--volumes")
        if not given.no_build:
            deployment.compose("build")
            say("images built", time.monotonic() - began)
        steps = [
            walk.image_sizes, walk.up, walk.first_articles, walk.verify, walk.dashboard, walk.metrics, walk.idle_use,
            walk.kills, walk.verify, walk.broker_away, walk.power_cut, walk.stop, walk.down_and_up, walk.verify,
        ]  # fmt: skip
        for step in steps:
            step()
    except (Failed, subprocess.CalledProcessError) as error:
        say("FAILED", None, str(error))
        print(deployment.compose("logs", "--tail", "30", check=False), file=sys.stderr)
        return 1
    finally:
        if not given.keep:
            deployment.compose("down", "--volumes", check=False)
    say("none lost, none repeated", time.monotonic() - began, f"{deployment.sent} records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
