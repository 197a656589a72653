"""A Kafka broker without containers."""

import contextlib
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.services.fetch import QUICK, fetch_jars, java, run
from pipeline.services.process import Process, ServiceError, free_port, listens

KAFKA_VERSION = "4.1.1"
SCALA_VERSION = "2.13"


def fetch_kafka() -> Path:
    """Return the folder with the jars of the Kafka broker (43 MB)."""
    return fetch_jars(f"kafka-{KAFKA_VERSION}", [("org.apache.kafka", f"kafka_{SCALA_VERSION}", KAFKA_VERSION)])


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
            storage = java(jars, "kafka.tools.StorageTool", ["format", "-t", cluster, "-c", str(config)], QUICK)
            run(storage, "format the storage of Kafka")
        options = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC", *(QUICK if self.quick_start else ())]
        command = java(jars, "kafka.Kafka", [str(config)], options)
        self._process = Process("kafka", command, self.folder / "kafka.log", dies_with_parent=self.dies_with_parent)
        self._process.start()
        self._process.wait(self.ready)

    def ready(self) -> bool:
        """Whether the broker answers requests."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        if not listens(self.port):
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
