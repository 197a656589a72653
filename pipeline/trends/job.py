"""`khabar trends`: the trends job on Prism, from the output topics to ``news.trends``, until it is stopped."""

import contextlib
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from kafka import KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from pipeline import services
from pipeline.items import Item, Origin
from pipeline.kafka.connection import (
    SCHEMA_HEADER,
    TIME_HEADER,
    VERSION_HEADER,
    Connection,
    KafkaJob,
    Topics,
    until_answered,
)
from pipeline.kafka.control import announce
from pipeline.operations.dead_letters import REDRIVEN
from pipeline.runners import beam_options
from pipeline.runners.engine import Engine
from pipeline.runners.prism import WithOutput
from pipeline.settings import PIPELINE_VERSION
from pipeline.sources.kafka import ReadFromKafka
from pipeline.trends.transforms import CountTrends, WatchSources
from schemas.codec import decode, encode
from schemas.records import SCHEMA_VERSION, Alarm, Article, Dead, Trend

_IDLE_SECONDS: Final = 2.0
"""Trends are of hours: a partition without new records need not be looked at four times a second."""
_LOOK_SECONDS: Final = 10.0


_LEAST_LATENESS_HOURS: Final = 7 * 24


def build(p: beam.Pipeline, articles: KafkaJob, dead: KafkaJob, *, since: int) -> None:
    """Wire the job: what the stream wrote in, trends and alarms out."""
    published = p | "Articles" >> ReadFromKafka(articles) | "DecodeArticles" >> beam.ParDo(_DecodeFn(Article))
    lost = p | "Dead" >> ReadFromKafka(dead) | "DecodeDead" >> beam.ParDo(_DecodeFn(Dead))
    trends = published | "CountTrends" >> CountTrends(since=since, lateness_hours=_lateness_hours(since))
    alarms = (published, lost) | "Together" >> beam.Flatten() | "WatchSources" >> WatchSources()
    (
        (trends, alarms)
        | "Found" >> beam.Flatten()
        | "Written" >> WithOutput(_Write(articles.connection, articles.topics.trends))
    )


def _lateness_hours(since: int) -> int:
    """Return how late an article may be: whatever happened since the first hour that counts, also if it is replayed."""
    return max(_LEAST_LATENESS_HOURS, int(datetime.now(UTC).timestamp()) // 3600 - since + 24)


class _DecodeFn(beam.DoFn):  # type: ignore[misc]
    def __init__(self, kind: type[Article] | type[Dead]) -> None:
        self._kind = kind

    def process(self, item: Item) -> Iterator[Any]:
        origin = item.state
        if isinstance(origin, Origin) and dict(origin.headers).get(SCHEMA_HEADER) != REDRIVEN:
            yield decode(origin.payload, self._kind)


class _Write(beam.PTransform):  # type: ignore[misc]
    def __init__(self, connection: Connection, topic: str) -> None:
        super().__init__()
        self._connection = connection
        self._topic = topic

    def expand(self, found: Any) -> Any:
        write = beam.ParDo(_WriteFn(self._connection, self._topic)).with_output_types(tuple[bytes, bytes])
        return found | "Write" >> write


class _WriteFn(beam.DoFn):  # type: ignore[misc]
    """Writes a bundle's records; what is written again replaces itself, so this needs no transaction."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic

    def setup(self) -> None:
        self._producer = KafkaProducer(**self._connection.options(), linger_ms=20, allow_auto_create_topics=False)

    def start_bundle(self) -> None:
        self._sent: list[Any] = []

    def process(self, record: Trend | Alarm) -> None:
        kind = type(record).__name__.lower()
        what = record.kind if isinstance(record, Alarm) else "trend"
        headers = [
            (SCHEMA_HEADER, kind.encode()),
            (VERSION_HEADER, str(SCHEMA_VERSION).encode()),
            (TIME_HEADER, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()),
        ]
        key = "|".join((what, record.window_start, record.dimension, record.value)).encode()
        self._sent.append(self._producer.send(self._topic, key=key, value=encode(record), headers=headers))

    def finish_bundle(self) -> None:
        self._producer.flush()
        for sent in self._sent:
            sent.get(timeout=60)

    def teardown(self) -> None:
        self._producer.close()


def create_topic(connection: Connection, topics: Topics) -> None:
    """Make the topic of trends when it is missing; it is compacted: the last record of a key is the one that counts."""

    def create() -> None:
        with contextlib.closing(connection.admin()) as admin, contextlib.suppress(TopicAlreadyExistsError):
            admin.create_topics([NewTopic(topics.trends, 1, -1, topic_configs={"cleanup.policy": "compact"})])

    until_answered(f"create {topics.trends}", create)


class TrendsJob:
    """One run of the job, on a Prism of its own."""

    def __init__(
        self, connection: Connection, topics: Topics, job_name: str, *, since: datetime, prism: Path | None = None
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._name = job_name
        self._since = int(since.timestamp()) // 3600
        self._prism = prism
        self._trouble: str | None = "the job is starting"

    def unready(self) -> str | None:
        """Return why the job does not do its work now, None when it runs and its brokers answer."""
        return self._trouble

    def run(self) -> None:
        """Run until the process is interrupted."""
        create_topic(self._connection, self._topics)
        common = KafkaJob(
            name=self._name,
            run=secrets.token_hex(6),
            connection=self._connection,
            topics=self._topics,
            pipeline_version=PIPELINE_VERSION,
            idle_seconds=_IDLE_SECONDS,
        )
        articles = replace(common, topics=replace(self._topics, raw=self._topics.articles))
        dead = replace(common, name=f"{self._name}-dead", topics=replace(self._topics, raw=self._topics.dead))
        for job in (articles, dead):
            announce(job)
        with tempfile.TemporaryDirectory(prefix="khabar-trends-") as folder:
            runner = services.Prism(Path(folder), binary=self._prism, dies_with_parent=True)
            runner.start()
            try:
                self._follow(articles, dead, runner.job_endpoint)
            finally:
                runner.stop()

    def _follow(self, articles: KafkaJob, dead: KafkaJob, endpoint: str) -> None:
        engine = Engine()
        name = f"{articles.name}-{articles.run}"
        p = beam_options.pipeline(engine, name, endpoint, beam_options.streaming(engine))
        build(p, articles, dead, since=self._since)
        result = p.run()
        threading.Thread(target=self._look, args=(result,), name="trends-health", daemon=True).start()
        try:
            result.wait_until_finish()
        except KeyboardInterrupt:
            with contextlib.suppress(Exception):
                result.cancel()

    def _look(self, result: Any) -> None:
        while True:
            try:
                state = result.state
                self._connection.check()
                self._trouble = None if state == "RUNNING" else f"the runner says that the job is {state.lower()}"
            except (KafkaError, OSError) as error:
                self._trouble = f"Kafka does not answer: {error}"
            except Exception as error:
                self._trouble = f"the runner does not answer: {error!r}"
            time.sleep(_LOOK_SECONDS)
