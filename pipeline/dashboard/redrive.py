"""Re-driving from the dashboard: the same as `khabar dead redrive`, for one dead letter."""

from kafka.errors import KafkaError

from pipeline.dashboard.app import Redrive
from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection, KafkaJob, Topics
from pipeline.operations.dead_letters import redrive
from pipeline.settings import PIPELINE_VERSION
from pipeline.store import StoreError
from pipeline.store.reader import DeadRow


def kafka_redrive(connection: Connection, topics: Topics, job_name: str) -> Redrive:
    """Return the function that sends a dead letter to the raw topic again."""
    job = KafkaJob(name=job_name, run="", connection=connection, topics=topics, pipeline_version=PIPELINE_VERSION)

    def send(row: DeadRow) -> str:
        if row.place is None:
            raise StoreError("it does not come from Kafka")
        try:
            result = redrive(job, places=[row.place])
        except (JobStopped, KafkaError) as error:
            raise StoreError(str(error)) from error
        for why in result.refused.values():
            raise StoreError(why)
        sent = next(iter(result.sent), None)
        return f"Sent to the raw topic again, as {sent}." if sent else "It was run again before; nothing was sent."

    return send
