"""`khabar trends` on Prism and a real broker: what it finds reaches the store."""

import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kafka import KafkaProducer

from pipeline.kafka.connection import SCHEMA_HEADER
from pipeline.store import Reader, StoreError, open_database
from pipeline.trends.job import create_topic
from schemas.codec import encode
from schemas.records import Trend
from tests.conftest import KHABAR
from tests.integration.conftest import Deploy, eventually
from tests.support.news import article


def test_trends_reach_the_store(deploy: Deploy, tmp_path: Path) -> None:
    deployment = deploy(partitions=1)
    now = datetime.now(UTC)
    at = f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    producer = KafkaProducer(bootstrap_servers=deployment.kafka.bootstrap)
    for n in range(8):
        record = article(4 * n, published_at=at, fetched_at=at)
        producer.send(deployment.topics.articles, encode(record), headers=[(SCHEMA_HEADER, b"article")])
    producer.close()
    create_topic(deployment.connection, deployment.topics)
    command = [KHABAR, "trends", *deployment.arguments(), "--job-name", deployment.name]
    job = subprocess.Popen([*command, "--since", f"{now - timedelta(days=3):%Y-%m-%d}"])
    url = f"sqlite:///{tmp_path}/store.sqlite"

    def found() -> bool:
        assert job.poll() is None, "the job has ended"
        loading = [KHABAR, "load", "--store", url, "--once", *deployment.arguments()]
        subprocess.run(loading, check=True, capture_output=True)
        database = open_database(url, read_only=True)
        bursts = {(trend.dimension, trend.value): trend for trend in Reader(database).bursts()}
        database.close()
        trend = bursts.get(("country", "PS"))
        return trend is not None and (trend.articles, trend.burst) == (8, 8.0)

    try:
        eventually(found, "the burst is in the store")
    finally:
        job.send_signal(signal.SIGTERM)
        try:
            job.wait(30)
        except subprocess.TimeoutExpired:
            job.kill()
            raise


def test_a_loader_finds_the_topic_of_trends_that_is_made_after_it_started(deploy: Deploy, tmp_path: Path) -> None:
    deployment = deploy(partitions=1)
    url = f"sqlite:///{tmp_path}/store.sqlite"
    loader = subprocess.Popen([KHABAR, "load", "--store", url, *deployment.arguments()])

    def rising() -> list[str]:
        assert loader.poll() is None, "the loader has ended"
        try:
            database = open_database(url, read_only=True)
        except StoreError:
            return []
        try:
            return [trend.value for trend in Reader(database).bursts()]
        except StoreError:
            return []
        finally:
            database.close()

    try:
        producer = KafkaProducer(bootstrap_servers=deployment.kafka.bootstrap)
        producer.send(deployment.topics.articles, encode(article(1)), headers=[(SCHEMA_HEADER, b"article")]).get(60)
        eventually(lambda: stored(url) == 1, "the loader works")
        create_topic(deployment.connection, deployment.topics)
        window = {"window_start": "2025-09-01T00:00:00Z", "window_seconds": 3600}
        trend = Trend(**window, dimension="country", value="SD", articles=9, burst=4.0)
        producer.send(deployment.topics.trends, encode(trend), key=b"SD", headers=[(SCHEMA_HEADER, b"trend")]).get(60)
        producer.close()
        eventually(lambda: rising() == ["SD"], "the trend is in the store")
    finally:
        loader.send_signal(signal.SIGTERM)
        loader.wait(30)


def stored(url: str) -> int:
    try:
        database = open_database(url, read_only=True)
    except StoreError:
        return 0
    try:
        return int(database.query("SELECT count(*) FROM articles")[0][0])
    except StoreError:
        return 0
    finally:
        database.close()
