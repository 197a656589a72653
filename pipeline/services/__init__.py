"""The real services, without containers: a Kafka broker, the Prism runner, and a Flink cluster.

They are fetched once from the public registries (Maven Central, the Go module proxy) into ``.cache/services``, started
on free ports, checked for readiness, and stopped by their own process id. Tests and benchmarks use the classes;
a user types ``make services`` (``python -m pipeline.services up``) and gets the same processes.

The versions are those that the registries serve to a native build. ``docker-compose.yml`` runs newer images of the
same services; `tests/test_compose.py` holds the two together.
"""

import argparse
import contextlib
import ctypes
import hashlib
import json
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("KHABAR_SERVICES_CACHE") or ROOT / ".cache" / "services")

KAFKA_VERSION = "4.1.1"
SCALA_VERSION = "2.13"
BEAM_VERSION = "2.77.0"
"""Of Prism and of the Python worker; equal to the installed apache-beam."""
FLINK_VERSION = "1.16"
FLINK_RUNNER_VERSION = "2.56.0"
"""The newest Beam Flink runner that Maven Central serves with all of its dependencies; it brings Flink 1.16."""
SLF4J_VERSION = "1.7.36"

READY_SECONDS = 90.0
_PR_SET_PDEATHSIG = 1
_PRISM_PATCH = Path(__file__).parent / "prism.patch"
_PRISM_SOCKET = "KHABAR_PRISM_SOCKET"
"""Variable that names the Unix socket of a Prism with the patch."""
_LOOPBACK = Path(__file__).parent / "ServerFactory.java"
_LIBC = ctypes.CDLL(None)


class ServiceError(RuntimeError):
    """A service cannot be fetched or started; the message says which one, why, and what to do."""


# ---------------------------------------------------------------------------------------------------- fetching


def _tool(name: str, purpose: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServiceError(
            f"{name} is not on the PATH; it is needed to {purpose}. See docs/operations.md, Native services"
        )
    return path


def _run(command: Sequence[str], purpose: str, env: Mapping[str, str] | None = None) -> str:
    """Return what a command writes to standard output. Raises `ServiceError` when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=dict(env) if env else None, check=False)  # noqa: S603
    if done.returncode:
        tail = (done.stdout + done.stderr).strip()[-2000:]
        raise ServiceError(f"cannot {purpose}: {' '.join(command[:3])} … exited with {done.returncode}\n{tail}")
    return done.stdout


def _fetch(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder `name` of the cache, filled by `fill` unless an earlier fetch was complete."""
    target = CACHE / name
    if target.is_dir():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=CACHE))
    try:
        fill(partial)
        with contextlib.suppress(OSError):  # another process may have been quicker
            partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _fetch_jars(name: str, artifacts: Sequence[tuple[str, str, str]]) -> Path:
    """Return a folder with the jars of `artifacts` (group, artifact, version) and their runtime dependencies."""

    def fill(folder: Path) -> None:
        dependencies = "".join(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
            for group, artifact, version in artifacts
        )
        pom = folder / "pom.xml"
        pom.write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            f"<groupId>khabar</groupId><artifactId>{name}</artifactId><version>1</version>"
            f"<dependencies>{dependencies}</dependencies></project>",
            encoding="utf-8",
        )
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
        _run([_tool("mvn", f"fetch {name}"), "-q", "-B", "-f", str(pom), *goal], f"fetch {name} from Maven Central")

    return _fetch(name, fill)


def fetch_kafka() -> Path:
    """Return the folder with the jars of the Kafka broker (43 MB)."""
    return _fetch_jars(f"kafka-{KAFKA_VERSION}", [("org.apache.kafka", f"kafka_{SCALA_VERSION}", KAFKA_VERSION)])


def fetch_flink() -> Path:
    """Return the folder with the jars of Flink and Beam's job server for it (159 MB)."""
    return _fetch_jars(
        f"flink-{FLINK_VERSION}-{FLINK_RUNNER_VERSION}",
        [
            ("org.apache.beam", f"beam-runners-flink-{FLINK_VERSION}", FLINK_RUNNER_VERSION),
            ("org.slf4j", "slf4j-simple", SLF4J_VERSION),
        ],
    )


def fetch_loopback() -> Path:
    """Return the folder with the class that keeps Beam's Java servers from listening to the network."""

    def fill(folder: Path) -> None:
        # The compiler wants the class in a file of its name, in the folders of its package.
        source = folder / "source" / "org" / "apache" / "beam" / "sdk" / "fn" / "server" / _LOOPBACK.name
        source.parent.mkdir(parents=True)
        source.write_bytes(_LOOPBACK.read_bytes())
        compiler = _tool("javac", "keep Beam's Java servers from listening to the network")
        _run([compiler, "-d", str(folder), "-cp", f"{fetch_flink()}/*", str(source)], "compile the loopback servers")

    return _fetch(f"loopback-{FLINK_RUNNER_VERSION}-{_fingerprint(_LOOPBACK)}", fill)


def fetch_prism() -> Path:
    """Return the path of a Prism that listens on a Unix socket, and starts no commands for a job.

    It is built from the Go module of the same Beam release with `prism.patch` (80 s the first time).
    """

    def fill(folder: Path) -> None:
        go, git = _tool("go", "build Prism"), _tool("git", "patch Prism")
        found = _run([go, "mod", "download", "-json", f"github.com/apache/beam/sdks/v2@v{BEAM_VERSION}"], "fetch Prism")
        source = folder / "source"
        source.mkdir()
        for name in ("go", "go.mod", "go.sum"):
            _copy_writable(Path(json.loads(found)["Dir"]) / name, source / name)
        # The cache may lie in a checkout, whose paths git would take the patch's for.
        env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve())}
        _run([git, "-C", str(source), "apply", str(_PRISM_PATCH)], "patch Prism", env)
        _run([go, "build", "-C", str(source), "-o", str(folder / "prism"), "./go/cmd/prism"], "build Prism")
        shutil.rmtree(source)

    return _fetch(f"prism-{BEAM_VERSION}-{_fingerprint(_PRISM_PATCH)}", fill) / "prism"


def _copy_writable(source: Path, target: Path) -> None:
    """Copy a file or a folder without its modes: the module cache is read-only."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
        for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
    else:
        shutil.copyfile(source, target)


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def is_private(prism: Path) -> bool:
    """Whether a Prism binary is one that can listen on a Unix socket: Beam's own listens on all addresses."""
    with prism.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary:
        return binary.find(_PRISM_SOCKET.encode()) >= 0


# ---------------------------------------------------------------------------------------------------- processes


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _accepts(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        return True
    return False


def children(pid: int) -> list[int]:
    """Return the process ids of the children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def die_with_parent() -> None:
    """Make this process end when its parent does, however that ends; for ``preexec_fn``."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class Process:
    """One operating-system process in a process group of its own, with its log in a file."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    dies_with_parent: bool = False
    """End it when this process dies, even by SIGKILL (where the system can do that: Linux)."""
    _popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id, also the id of its group. Raises `ServiceError` when it was never started."""
        if self._popen is None:
            raise ServiceError(f"{self.name} was not started")
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether the process exists (a paused one does)."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._popen.poll() if self._popen is not None else None

    def start(self) -> None:
        """Start the process; `wait` tells when it is of use."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603
                self.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.env},
                start_new_session=True,
                preexec_fn=die_with_parent if self.dies_with_parent else None,
            )

    def wait(self, ready: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Return when `ready` is true. Raises `ServiceError`, with the end of the log, on exit or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise ServiceError(f"{self.name} exited while it started:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} is not ready after {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.1)

    def tail(self, characters: int = 2000) -> str:
        """Return the end of the log."""
        return self.log.read_text("utf-8", "replace")[-characters:]

    def signal(self, number: int) -> None:
        """Send a signal to the process and its children, if it still runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End the process and its children at once (SIGKILL)."""
        self.signal(signal.SIGKILL)
        self._reap(10)

    def stop(self, seconds: float = 10) -> None:
        """End the process in good order (SIGTERM), and at once when it takes longer than `seconds`."""
        self.signal(signal.SIGTERM)
        if not self._reap(seconds):
            self.kill()

    def _reap(self, seconds: float) -> bool:
        if self._popen is None:
            return True
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)  # children that outlived their parent
        return True


_QUICK = ["-XX:TieredStopAtLevel=1"]
"""Half the time to start, for processes that live shortly or do little: the optimising compiler stays off."""


def _java(jars: Path | Sequence[Path], main: str, arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the command that runs `main` from all jars of a folder, or from the places that are named."""
    where = f"{jars}/*" if isinstance(jars, Path) else os.pathsep.join(str(jar) for jar in jars)
    return [_tool("java", "run Kafka and Flink"), *options, "-cp", where, main, *arguments]


# ---------------------------------------------------------------------------------------------------- Kafka


@dataclass(slots=True)
class Kafka:
    """A single-node Kafka broker (KRaft), with transactions, on free ports."""

    folder: Path
    heap: str = "512m"
    overrides: dict[str, str] = field(default_factory=dict)
    """Settings of the broker on top of `properties`."""
    quick_start: bool = False
    """Ready in half the time, at a lower speed: for tests."""
    dies_with_parent: bool = False
    port: int = field(default_factory=free_port)
    controller_port: int = field(default_factory=free_port)
    _process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """Value for ``--bootstrap-servers``."""
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        """The broker's process."""
        if self._process is None:
            raise ServiceError("the Kafka broker was not started")
        return self._process

    def properties(self) -> dict[str, str]:
        """Return the broker's configuration: one node with every replication factor 1, and quick to start."""
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "offsets.retention.minutes": str(60 * 24 * 365),
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            **self.overrides,
        }

    def start(self) -> None:
        """Start the broker on its folder (kept from an earlier start, if any) and wait until it answers."""
        jars = fetch_kafka()
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "server.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in self.properties().items()), encoding="utf-8")
        if not (self.folder / "data").exists():
            cluster = uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder)).hex[:22]
            storage = _java(jars, "kafka.tools.StorageTool", ["format", "-t", cluster, "-c", str(config)], _QUICK)
            _run(storage, "format the storage of Kafka")
        options = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC", *(_QUICK if self.quick_start else ())]
        command = _java(jars, "kafka.Kafka", [str(config)], options)
        self._process = Process("kafka", command, self.folder / "kafka.log", dies_with_parent=self.dies_with_parent)
        self._process.start()
        self._process.wait(self.ready)

    def ready(self) -> bool:
        """Whether the broker answers requests."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        if not _listens(self.port):
            return False
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=2000, request_timeout_ms=3000
            )
        except KafkaError:
            return False
        with contextlib.closing(admin):
            try:
                return bool(admin.describe_cluster()["brokers"])
            except KafkaError:
                return False

    def stop(self) -> None:
        """Stop the broker; its data stays."""
        if self._process is not None:
            self._process.stop()


# ---------------------------------------------------------------------------------------------------- Prism


@dataclass(slots=True)
class Prism:
    """Beam's local streaming runner as a job service."""

    folder: Path
    """Holds the socket, so nobody else may enter it."""
    binary: Path | None = None
    """The one that `fetch_prism` gives when None."""
    dies_with_parent: bool = False
    _process: Process | None = None

    @property
    def socket(self) -> Path:
        """Where Prism listens: whoever can open it can run jobs."""
        return self.folder.resolve() / "prism.sock"

    @property
    def job_endpoint(self) -> str:
        """Value for ``--job_endpoint``."""
        return f"unix:{self.socket}"

    def start(self) -> None:
        """Start Prism and wait until it listens."""
        binary = self.binary or fetch_prism()
        if not is_private(binary):
            raise ServiceError(
                f"{binary} would listen on all addresses and run what anybody sends: build it with "
                f"{_PRISM_PATCH.name} (docs/security.md)"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.socket.unlink(missing_ok=True)
        command = [
            str(binary),
            "--job_port=0",
            "--log_level=warn",
            "--log_kind=text",
            "--serve_http=false",
        ]
        log = self.folder / "prism.log"
        env = {_PRISM_SOCKET: str(self.socket)}
        self._process = Process("prism", command, log, env, dies_with_parent=self.dies_with_parent)
        self._process.start()
        self._process.wait(lambda: _accepts(self.socket))

    @property
    def process(self) -> Process:
        """Prism's process."""
        if self._process is None:
            raise ServiceError("Prism was not started")
        return self._process

    def stop(self) -> None:
        """Stop Prism and the jobs it runs."""
        if self._process is not None:
            self._process.stop()


# ---------------------------------------------------------------------------------------------------- Flink

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
            "heartbeat.timeout": "10000",
            # A task that cannot be cancelled ends its task manager, which keeps slots from the next attempt.
            "task.cancellation.timeout": "30000",
            "cluster.io-pool.size": "4",
            "restart-strategy": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": str(2**31 - 1),
            "restart-strategy.fixed-delay.delay": "1 s",
            "io.tmp.dirs": str(self.folder / "tmp"),
        }

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
        config = self.folder / "conf"
        config.mkdir(parents=True, exist_ok=True)
        lines = [f"{key}: {value}\n" for key, value in self.configuration().items()]
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
            ready = lambda: _listens(port)  # noqa: E731
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
        small = ["-XX:+UseSerialGC", *_JAVA_17, "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        if name == "jobmanager":
            main = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
            return _java(jars, main, ["--configDir", str(config)], ["-Xmx384m", *_QUICK, *small])
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
            rest = os.pathsep.join(map(str, [fetch_loopback(), *(jar for jar in everything if jar not in needed)]))
            options = ["-Xmx384m", *_QUICK, *small, f"-Xbootclasspath/a:{rest}"]
            return _java(needed, "org.apache.beam.runners.flink.FlinkJobServerDriver", arguments, options)
        settings = [f"-D{key}={value}" for key, value in self.task_manager_options().items()]
        main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        memory = ["-Xmx640m", "-XX:MaxDirectMemorySize=320m", "-XX:MaxMetaspaceSize=256m"]
        options = [*memory, *small, *(_QUICK if self.quick_start else ())]
        return _java([fetch_loopback(), jars / "*"], main, ["--configDir", str(config), *settings], options)

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


# ---------------------------------------------------------------------------------------------------- command line


def _started(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield name and id of the processes that an earlier ``up`` started and that still are those processes."""
    state = folder / "services.json"
    if not state.exists():
        return
    for name, (pid, born) in json.loads(state.read_text("utf-8"))["processes"].items():
        if _born(pid) == born:
            yield name, pid


def _born(pid: int) -> str | None:
    """Return the start time of a process, so that a process id that was given to another one is told apart."""
    try:
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise ServiceError(f"cannot look at processes: {error}") from error
    return done.stdout.strip() or None


def _up(folder: Path, wanted: Sequence[str]) -> None:
    if running := dict(_started(folder)):
        raise ServiceError(f"already running: {', '.join(running)}; stop them with `make services-down`")
    processes: list[Process] = []
    lines = []
    kafka = Kafka(folder / "kafka", port=int(os.environ.get("KHABAR_KAFKA_PORT") or free_port()))
    flink = Flink(folder / "flink")
    prism = Prism(folder / "prism")
    try:
        if "kafka" in wanted:
            kafka.start()
            processes.append(kafka.process)
            lines.append(f"export KHABAR_BOOTSTRAP_SERVERS={kafka.bootstrap}")
        if "prism" in wanted:
            prism.start()
            processes.append(prism.process)
            lines.append(f"export KHABAR_PRISM_ENDPOINT={prism.job_endpoint}")
        if "flink" in wanted:
            flink.start()
            processes.extend(flink.processes.values())
            lines.append(f"export KHABAR_JOB_ENDPOINT={flink.job_endpoint}")
            lines.append(f"export KHABAR_WORKER_POOL={flink.worker_pool}")
            lines.append(f"export KHABAR_FLINK_REST={flink.rest_url}")
    except BaseException:
        for process in [*processes, *flink.processes.values()]:
            process.stop()
        raise
    state = {process.name: [process.pid, _born(process.pid)] for process in processes}
    (folder / "services.json").write_text(json.dumps({"processes": state, "environment": lines}, indent=1), "utf-8")
    print("\n".join(lines))


def _down(folder: Path) -> None:
    stopped = dict(_started(folder))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in reversed(stopped.values()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)
        deadline = time.monotonic() + 10
        while number == signal.SIGTERM and dict(_started(folder)) and time.monotonic() < deadline:
            time.sleep(0.2)
    (folder / "services.json").unlink(missing_ok=True)
    print("stopped: " + (", ".join(stopped) or "nothing was running"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m pipeline.services``; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.services", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["fetch", "up", "environment", "status", "down"])
    parser.add_argument("services", nargs="*", help="kafka, prism, flink (default: kafka and flink)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".services", help="data and logs (default: .services)")
    options = parser.parse_args(arguments)
    wanted = options.services or ["kafka", "flink"]
    if unknown := set(wanted) - {"kafka", "prism", "flink"}:
        parser.error(f"unknown service: {', '.join(sorted(unknown))}")
    try:
        if options.command == "fetch":
            for name, fetch in (("kafka", fetch_kafka), ("prism", fetch_prism), ("flink", fetch_flink)):
                if not options.services or name in wanted:
                    print(f"{name}: {fetch()}")
        elif options.command == "up":
            _up(options.folder, wanted)
        elif options.command == "down":
            _down(options.folder)
        elif options.command == "environment":
            state = options.folder / "services.json"
            print("\n".join(json.loads(state.read_text("utf-8"))["environment"]) if state.exists() else "")
        else:
            for name, pid in _started(options.folder):
                print(f"{name}: running, process {pid}")
    except ServiceError as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
