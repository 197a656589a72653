"""What the Kafka source and sink share: how to reach the brokers, the topics, the job's name and limits."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    IllegalArgumentError,
    IllegalStateError,
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)

from pipeline.errors import stopping
from pipeline.kafka.partitioner import KeyPartitioner

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")

SCHEMA_HEADER: Final = "khabar-schema"
VERSION_HEADER: Final = "khabar-schema-version"
TIME_HEADER: Final = "khabar-processed-at"
"""Wall-clock time of the write, RFC 3339 in UTC; the records themselves hold none."""
ATTEMPTS_HEADER: Final = "khabar-attempts"
"""On a raw record: JSON list of `Attempt`, what a re-driven dead letter has behind it."""

TOPIC_ID_HEADER: Final = "khabar-topic-id"
"""On an outcome: Kafka's id of the topic that its record was read from."""

_BROKEN_OFF: Final = "socket disconnected"
"""What the client says of a connection that was made, and closed by the broker."""
_RECONNECT_MS: Final = 1000
"""Longest pause between attempts to reach a broker; the client's own grows to half a minute."""
_BLOCK_MS: Final = 15_000
"""What a producer waits for brokers that are away. Its transaction then fails and is done again when they are back: the
client's own two minutes would be waited out even where the broker has been back for long."""
_PATIENCE_SECONDS: Final = 10.0
"""What takes longer is reported, and waited for."""
_WORTH_TELLING_SECONDS: Final = 0.5
"""A shorter wait is ordinary: a coordinator that moves, a transaction that ends."""


class UntrustedBrokerError(KafkaError):  # type: ignore[misc]
    """The broker's certificate is not one that this side trusts."""


class LoginRefusedError(KafkaError):  # type: ignore[misc]
    """The broker broke off the authentication without a reason: over TLS the client loses what it says last."""


class LeaderlessError(KafkaError):  # type: ignore[misc]
    """A partition has no leader now: its broker is away, or the broker's disk is full or broken."""


class _Consumer(KafkaConsumer):  # type: ignore[misc]
    """A consumer that says so when a partition has no leader, where kafka-python 3.0.12 fails with a `KeyError`."""

    def beginning_offsets(self, partitions: Any, timeout_ms: int | None = None) -> Any:
        with _leaderless():
            return super().beginning_offsets(partitions, timeout_ms)

    def end_offsets(self, partitions: Any, timeout_ms: int | None = None) -> Any:
        with _leaderless():
            return super().end_offsets(partitions, timeout_ms)


@contextlib.contextmanager
def _leaderless() -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        place = error.args[0]
        if not isinstance(place, TopicPartition):
            raise
        raise LeaderlessError(
            f"{place.topic}/{place.partition} has no leader: its broker is away, or has no disk that can be written"
        ) from error


PERMANENT_ERRORS = (
    AuthorizationError,
    IllegalArgumentError,
    IllegalStateError,
    KafkaConfigurationError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
    UntrustedBrokerError,
)
"""Errors that waiting does not cure: they need another configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach the brokers. The fields are options of kafka-python and reach consumer, producer and admin alike."""

    bootstrap_servers: tuple[str, ...]
    """``host:port`` of at least one broker."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_check_hostname: bool = True
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_password: str | None = field(default=None, repr=False)
    ssl_crlfile: str | None = None
    ssl_ciphers: str | None = None
    sasl_mechanism: Literal["PLAIN", "GSSAPI", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_plain_username: str | None = None
    sasl_plain_password: str | None = field(default=None, repr=False)
    sasl_kerberos_service_name: str = "kafka"
    sasl_kerberos_domain_name: str | None = None

    def options(self) -> dict[str, Any]:
        """Return the arguments that consumers and producers take."""
        options = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            **options,
            "bootstrap_servers": list(self.bootstrap_servers),
            "metrics_enabled": False,
            "reconnect_backoff_max_ms": _RECONNECT_MS,
        }

    def consumer(self, **options: Any) -> KafkaConsumer:
        """Return a consumer that commits nothing by itself and sees committed records only."""
        return _Consumer(
            **{
                **self.options(),
                "enable_auto_commit": False,
                "isolation_level": "read_committed",
                "auto_offset_reset": "none",
                "allow_auto_create_topics": False,
                **options,
            }
        )

    def transactional_producer(self, transactional_id: str, **options: Any) -> KafkaProducer:
        """Return a producer with open transactions; an earlier one of the same id is fenced, what it left open aborted.

        Raises:
            KafkaError: the brokers do not answer, or refuse; nothing is left open.
        """
        producer = KafkaProducer(
            **self.options(),
            transactional_id=transactional_id,
            allow_auto_create_topics=False,
            partitioner=KeyPartitioner(),
            # Not longer, which would spare requests: a producer that was fenced before its first one renews its epoch
            # by itself, and so fences its successor.
            linger_ms=5,
            max_block_ms=_BLOCK_MS,
            # A transaction's first request is tried again until its coordinator is known: 45 ms instead of 230.
            retry_backoff_ms=10,
            request_timeout_ms=_BLOCK_MS,
            delivery_timeout_ms=2 * _BLOCK_MS,
            **options,
        )
        try:
            producer.init_transactions()
        except BaseException:
            producer.close(timeout=0)
            raise
        return producer

    def admin(self, **options: Any) -> KafkaAdminClient:
        """Return an administration client, which takes all of the options but the choice of ciphers."""
        known = {name: value for name, value in self.options().items() if name in KafkaAdminClient.DEFAULT_CONFIG}
        return KafkaAdminClient(**{**known, **options})

    def check(self, seconds: float = 5.0) -> None:
        """Return when a broker answers.

        Raises:
            KafkaError: none does within `seconds`; one of `PERMANENT_ERRORS` where the brokers, or this side, refuse;
                `LoginRefusedError` where that is all that can be said.
        """
        with _failures() as failures:
            try:
                self.admin(bootstrap_timeout_ms=int(seconds * 1000)).close()
            except KafkaTimeoutError as error:
                for failure in failures:
                    if isinstance(failure, PERMANENT_ERRORS):
                        raise failure from error
                    if "CERTIFICATE_VERIFY_FAILED" in str(failure):
                        raise UntrustedBrokerError(str(failure)) from error
                if self.security_protocol.startswith("SASL") and any(_BROKEN_OFF in str(one) for one in failures):
                    raise LoginRefusedError(
                        "the broker breaks off the authentication: wrong user, password or mechanism, or it is ending"
                    ) from error
                raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Names of the topics of a deployment."""

    raw: str = "news.raw"
    articles: str = "news.articles"
    duplicates: str = "news.duplicates"
    dead: str = "news.dead"
    ledger: str = "news.ledger"
    replays: str = "news.replays"
    """What `khabar replay` has sent, one record for each file."""
    trends: str = "news.trends"
    """Written by the job of `khabar trends`, not by the stream."""

    @classmethod
    def with_prefix(cls, prefix: str) -> "Topics":
        """Return the topics ``prefix.raw``, ``prefix.articles`` and so on."""
        return cls(**{item.name: f"{prefix}.{item.name}" for item in fields(cls)})

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics that the sink writes."""
        return (self.articles, self.duplicates, self.dead, self.ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaJob:
    """One streaming job, as its source and its sink need to know it."""

    name: str
    """Consumer group, and first part of the transactional ids: two jobs with one name exclude each other."""
    run: str
    """Identifies this submission of the job; a later one takes over (see `pipeline.kafka.control`)."""
    connection: Connection
    topics: Topics = field(default_factory=Topics)
    pipeline_version: str
    topic_id: str | None = None
    """Kafka's id of the raw topic; with one, nothing that another topic of its name holds is taken for its records."""
    bundle_records: int = 500
    """The reader of a partition hands over to the sink after this many records …"""
    bundle_bytes: int = 16 * 1024 * 1024
    """… or this many bytes …"""
    bundle_seconds: float = 1.0
    """… or this much time."""
    max_record_bytes: int = 32 * 1024 * 1024
    """A larger raw record is a dead letter `too_large`."""
    max_message_bytes: int = 10_000_000
    """Largest message of the output topics; an article beyond it is a dead letter, a dead letter is cut to it."""
    transaction_timeout_ms: int = 60_000
    """A transaction of a process that died blocks readers of the output for at most this long."""
    idle_seconds: float = 0.25
    """Longest time between two looks at a partition without new records; latency against idle load."""
    wait_seconds: float = 0.05
    """How long a bundle waits for the first record of any partition, before it hands over."""
    new_partitions_seconds: float = 30.0
    """How often the raw topic is looked at for new partitions."""
    idle_watermark_seconds: float = 5.0
    """The event time of a partition without new records follows the clock at this distance."""
    compression: Literal["gzip", "snappy", "lz4", "zstd"] | None = None
    """Compression of the output messages; snappy, lz4 and zstd need their Python packages."""

    def source(self, partition: int) -> str:
        """Return the ledger's name for a partition of the raw topic."""
        return f"{self.topics.raw}/{partition}"

    def transactional_id(self, partition: int) -> str:
        """Return the transactional id under which outcomes of a partition are written."""
        return f"{self.name}.{self.topics.raw}.{partition}"


@contextlib.contextmanager
def _failures() -> Iterator[list[Exception]]:
    """Collect why connections fail: the client tries again until it has no time left, and says why in its log alone."""
    found: list[Exception] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            arguments = record.args if isinstance(record.args, tuple) else ()
            found.extend(argument for argument in arguments if isinstance(argument, Exception))

    logger = logging.getLogger("kafka.net")
    level, listener = logger.level, Listener()
    logger.setLevel(logging.WARNING)
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.propagate = True
        logger.removeHandler(listener)
        logger.setLevel(level)


def require_answer(connection: Connection) -> None:
    """Raise `JobStopped`, one line for the user, unless a broker answers within seconds."""
    with quiet_clients(), stopping(KafkaError, OSError, doing=f"no Kafka at {', '.join(connection.bootstrap_servers)}"):
        connection.check()


def until_answered(what: str, action: Callable[[], _T], *, stop: Callable[[], bool] = lambda: False) -> _T:
    """Return ``action()``, tried again with growing pauses while brokers or network fail; the reason is logged.

    Raises:
        KafkaError: the error is one that waiting does not cure, or `stop` became true while waiting.
    """
    pause = 0.1
    began = time.monotonic()
    while True:
        try:
            return action()
        except PERMANENT_ERRORS:
            raise
        except (KafkaError, OSError) as error:
            if stop():
                raise
            if time.monotonic() - began > _WORTH_TELLING_SECONDS:
                _LOGGER.warning("Waiting for Kafka to %s: %s: %s", what, type(error).__name__, error)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)


@contextlib.contextmanager
def impatient(doing: str) -> Iterator[None]:
    """Say in the log that brokers are waited for, when what is done inside the block takes long."""
    message = "Waiting for Kafka to %s: the broker has not answered for %.0f s"
    timer = threading.Timer(_PATIENCE_SECONDS, _LOGGER.warning, (message, doing, _PATIENCE_SECONDS))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


_QUIET_LOCK: Final = threading.Lock()
_quiet: list[int] = []
"""Levels of the client's log to return to, one for each block that is open; many threads open them at once."""


@contextlib.contextmanager
def quiet_clients() -> Iterator[None]:
    """Keep the client library's own warnings out of the log while its errors are being handled and reported."""
    logger = logging.getLogger("kafka")
    with _QUIET_LOCK:
        _quiet.append(_quiet[0] if _quiet else logger.level)
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        with _QUIET_LOCK:
            before = _quiet.pop()
            if not _quiet:
                logger.setLevel(before)
