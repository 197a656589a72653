"""A Flink cluster without containers: job manager, task managers, their worker pool, Beam's job server."""

import json
import os
import secrets
import signal
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.services.fetch import QUICK, ROOT, fetch, fetch_jars, fingerprint, java, run, tool
from pipeline.services.process import Process, children, free_port, listens

FLINK_VERSION = "1.16"
FLINK_RUNNER_VERSION = "2.56.0"
"""The newest Beam Flink runner that Maven Central serves with all of its dependencies; it brings Flink 1.16."""
SLF4J_VERSION = "1.7.36"
_GUARDS = sorted((Path(__file__).parent / "java").glob("*.java"))
"""Classes that keep other users, and the network, from Beam's and Flink's servers."""
_REST_HANDLERS = "org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory"
_KEYS = "internal.p12"

_JAVA_17 = [
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in (
            "java.lang",
            "java.lang.invoke",
            "java.lang.reflect",
            "java.util",
            "java.util.concurrent",
            "java.util.concurrent.atomic",
            "java.net",
            "java.io",
            "java.nio",
            "java.text",
            "java.time",
            "sun.nio.ch",
        )
    ),
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
]


def fetch_flink() -> Path:
    """Return the folder with the jars of Flink and Beam's job server for it (159 MB)."""
    return fetch_jars(
        f"flink-{FLINK_VERSION}-{FLINK_RUNNER_VERSION}",
        [
            ("org.apache.beam", f"beam-runners-flink-{FLINK_VERSION}", FLINK_RUNNER_VERSION),
            ("org.slf4j", "slf4j-simple", SLF4J_VERSION),
        ],
    )


def fetch_guards() -> Path:
    """Return the folder with the classes that keep Beam's and Flink's servers to this user."""

    def fill(folder: Path) -> None:
        compiler = tool("javac", "keep Beam's and Flink's servers to this user")
        sources = [str(source) for source in _GUARDS]
        run([compiler, "-d", str(folder), "-cp", f"{fetch_flink()}/*", *sources], "compile the guards of servers")
        services = folder / "META-INF" / "services"
        services.mkdir(parents=True)
        (services / _REST_HANDLERS).write_text("khabar.RestGuard\n", "utf-8")

    return fetch(f"guards-{FLINK_RUNNER_VERSION}-{fingerprint(*_GUARDS)}", fill)


@dataclass(slots=True)
class Flink:
    """A Flink session cluster, Beam's job server in front of it, and the pool that starts its Python workers."""

    folder: Path
    task_managers: int = 1
    slots: int = 2
    """Per task manager; the cluster's parallelism is `task_managers` × `slots`."""
    quick_start: bool = False
    """Ready in half the time, at a lower speed: for tests."""
    dies_with_parent: bool = False
    rest_port: int = field(default_factory=free_port)
    rpc_port: int = field(default_factory=free_port)
    blob_port: int = field(default_factory=free_port)
    job_port: int = field(default_factory=free_port)
    artifact_port: int = field(default_factory=free_port)
    pool_port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    """Where the worker pool serves the metrics of its workers."""
    processes: dict[str, Process] = field(default_factory=dict)
    """By name: ``jobmanager``, ``taskmanager-1`` …, ``worker-pool``, ``jobserver``."""

    @property
    def job_endpoint(self) -> str:
        """Value for ``--job_endpoint``."""
        return f"localhost:{self.job_port}"

    @property
    def rest_url(self) -> str:
        """Value for ``--flink-rest``."""
        return f"http://127.0.0.1:{self.rest_port}"

    @property
    def worker_pool(self) -> str:
        """Value for ``--worker-pool``."""
        return f"localhost:{self.pool_port}"

    def workers(self) -> list[int]:
        """Return the process ids of the Python workers that run now."""
        return [pid for nursery in children(self.processes["worker-pool"].pid) for pid in children(nursery)]

    def configuration(self) -> dict[str, str]:
        """Return the cluster's configuration; failures are noticed and repaired within seconds."""
        return {
            "jobmanager.rpc.address": "localhost",
            "jobmanager.rpc.port": str(self.rpc_port),
            "jobmanager.bind-host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.host": "localhost",
            "rest.address": "localhost",
            "rest.port": str(self.rest_port),
            "rest.bind-address": "127.0.0.1",
            "blob.server.port": str(self.blob_port),
            "classloader.resolve-order": "parent-first",
            "heartbeat.interval": "2000",
            # A process that has ended is noticed at once, since it refuses heartbeats. This is for one that is silent:
            # on a machine that is busy that may be one that waits for its turn.
            "heartbeat.timeout": "30000",
            # A task that cannot be cancelled ends its task manager, which keeps slots from the next attempt.
            "task.cancellation.timeout": "30000",
            "cluster.io-pool.size": "4",
            "restart-strategy": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": str(2**31 - 1),
            "restart-strategy.fixed-delay.delay": "1 s",
            "io.tmp.dirs": str(self.folder / "tmp"),
            "web.tmpdir": str(self.folder / "tmp"),
            "web.submit.enable": "false",
        }

    def _internal_tls(self) -> dict[str, str]:
        """Return what gives the cluster's processes certificates for each other, and lets nobody in without one.

        Whoever reaches Flink's remote calls, or its server of blobs, has it run what he sends.
        """
        password = self.folder / "conf" / "password"
        stores = {name: str(self.folder / "conf" / _KEYS) for name in ("keystore", "truststore")}
        words = dict.fromkeys(("keystore-password", "truststore-password", "key-password"), password.read_text("utf-8"))
        return {
            "security.ssl.internal.enabled": "true",
            **{f"security.ssl.internal.{name}": value for name, value in (stores | words).items()},
        }

    def _make_keys(self) -> None:
        """Make the certificate, in a folder that nobody else may enter."""
        config = self.folder / "conf"
        config.mkdir(parents=True, exist_ok=True)
        config.chmod(0o700)
        if (config / _KEYS).exists():
            return
        password = secrets.token_urlsafe(24)
        (config / "password").write_text(password, "utf-8")
        run(
            [
                tool("keytool", "give Flink's processes certificates"),
                *("-genkeypair", "-alias", "flink.internal", "-dname", "CN=flink.internal", "-validity", "36500"),
                *("-keyalg", "RSA", "-keysize", "3072", "-storetype", "PKCS12", "-keystore", str(config / _KEYS)),
                *("-storepass:file", str(config / "password")),
            ],
            "make a certificate for Flink's processes",
        )

    def task_manager_options(self) -> dict[str, str]:
        """Return what Flink's start scripts would compute for a task manager: its processor and memory budget."""
        mega = 1024 * 1024
        memory = {
            "task.heap.size": 512 * mega,
            "task.off-heap.size": 0,
            "framework.heap.size": 128 * mega,
            "framework.off-heap.size": 128 * mega,
            "managed.size": 128 * mega,
            "network.min": 64 * mega,
            "network.max": 64 * mega,
            "jvm-metaspace.size": 256 * mega,
            "jvm-overhead.min": 192 * mega,
            "jvm-overhead.max": 192 * mega,
        }
        return {
            "taskmanager.cpu.cores": str(float(self.slots)),
            "taskmanager.numberOfTaskSlots": str(self.slots),
            "external-resources": "none",
            **{f"taskmanager.memory.{name}": f"{size}b" for name, size in memory.items()},
        }

    def start(self) -> None:
        """Start the whole cluster and wait until it takes jobs."""
        for name in self.names():
            self.start_process(name, wait=False)
        for name in self.names():
            self.wait_process(name)

    def names(self) -> list[str]:
        """Return the names of the cluster's processes in their order of start."""
        return [
            "jobmanager",
            *(f"taskmanager-{n}" for n in range(1, self.task_managers + 1)),
            "worker-pool",
            "jobserver",
        ]

    def start_process(self, name: str, *, wait: bool = True) -> Process:
        """Start (or start again) one process of the cluster."""
        self._make_keys()
        config = self.folder / "conf"
        lines = [f"{key}: {value}\n" for key, value in (self.configuration() | self._internal_tls()).items()]
        (config / "flink-conf.yaml").write_text("".join(lines), encoding="utf-8")
        (self.folder / "tmp").mkdir(exist_ok=True)
        env = {}
        if name == "worker-pool":
            # Jobs may name modules of this checkout, as benchmarks do.
            env["PYTHONPATH"] = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        process = Process(name, self._command(name, config), self.folder / f"{name}.log", env, self.dies_with_parent)
        process.start()
        self.processes[name] = process
        if wait:
            self.wait_process(name)
        return process

    def wait_process(self, name: str) -> None:
        """Return when a process of the cluster is of use."""
        ready: Callable[[], bool]
        if name.startswith("taskmanager"):
            number = int(name.split("-")[1])
            ready = lambda: len(self.rest("/taskmanagers").get("taskmanagers", [])) >= number  # noqa: E731
        elif name == "jobmanager":
            ready = lambda: "flink-version" in self.rest("/config")  # noqa: E731
        else:
            port = self.pool_port if name == "worker-pool" else self.job_port
            ready = lambda: listens(port)  # noqa: E731
        self.processes[name].wait(ready)

    def _command(self, name: str, config: Path) -> list[str]:
        if name == "worker-pool":
            return [
                str(Path(sys.executable).with_name("khabar")),
                "worker-pool",
                f"--port={self.pool_port}",
                f"--metrics-port={self.metrics_port}",
            ]
        jars = fetch_flink()
        # One that has no memory left would stay, and neither work nor end.
        small = [
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            *_JAVA_17,
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
        ]
        if name == "jobmanager":
            main = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
            classes = [fetch_guards(), jars / "*"]
            return java(classes, main, ["--configDir", str(config)], ["-Xmx384m", *QUICK, *small])
        if name == "jobserver":
            arguments = [
                f"--flink-master=localhost:{self.rest_port}",
                f"--job-port={self.job_port}",
                f"--artifact-port={self.artifact_port}",
                "--expansion-port=0",
                f"--artifacts-dir={self.folder / 'artifacts'}",
                f"--flink-conf-dir={config}",
            ]
            # With each job Beam sends every jar of the class path, 159 MB that the cluster has. It overlooks the
            # boot class path; Flink's own classes must stay, since they ask for their class loader.
            everything = sorted(jars.glob("*.jar"))
            needed = [jar for jar in everything if jar.name.startswith(("flink-", "beam-runners-flink"))]
            needed = [jar for jar in needed if not jar.name.startswith(("flink-shaded", "flink-rpc-akka"))]
            rest = os.pathsep.join(map(str, [fetch_guards(), *(jar for jar in everything if jar not in needed)]))
            options = ["-Xmx384m", *QUICK, *small, f"-Xbootclasspath/a:{rest}"]
            return java(needed, "org.apache.beam.runners.flink.FlinkJobServerDriver", arguments, options)
        settings = [f"-D{key}={value}" for key, value in self.task_manager_options().items()]
        main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        memory = ["-Xmx640m", "-XX:MaxDirectMemorySize=320m", "-XX:MaxMetaspaceSize=256m"]
        options = [*memory, *small, *(QUICK if self.quick_start else ())]
        return java([fetch_guards(), jars / "*"], main, ["--configDir", str(config), *settings], options)

    def rest(self, path: str) -> dict[str, Any]:
        """Return an answer of Flink's REST interface, empty while it does not answer."""
        try:
            with urllib.request.urlopen(self.rest_url + path, timeout=5) as answer:  # noqa: S310
                value: dict[str, Any] = json.load(answer)
                return value
        except (OSError, ValueError):
            return {}

    def stop(self) -> None:
        """Stop every process of the cluster."""
        for process in reversed(self.processes.values()):
            process.signal(signal.SIGTERM)
        for process in reversed(self.processes.values()):
            process.stop(5)
