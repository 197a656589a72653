"""Re-driving from the dashboard: the same as `khabar dead redrive`, for one dead letter or a group of them."""

from collections.abc import Sequence

from kafka.errors import KafkaError

from pipeline.dashboard.site import Redrive
from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection, KafkaJob, Topics
from pipeline.operations.dead_letters import redrive
from pipeline.settings import PIPELINE_VERSION
from pipeline.store import StoreError
from pipeline.store.reader import DeadRow


def kafka_redrive(connection: Connection, topics: Topics, job_name: str) -> Redrive:
    """Return the function that sends dead letters to the raw topic again."""
    job = KafkaJob(name=job_name, run="", connection=connection, topics=topics, pipeline_version=PIPELINE_VERSION)

    def send(rows: Sequence[DeadRow]) -> str:
        places = [row.place for row in rows if row.place is not None]
        if not places:
            raise StoreError("it does not come from Kafka")
        try:
            result = redrive(job, places=places)
        except (JobStopped, KafkaError) as error:
            raise StoreError(str(error)) from error
        if not result.sent:
            for why in result.refused.values():
                raise StoreError(why)
            return "It was run again before; nothing was sent."
        if len(result.sent) == 1 and len(places) == 1:
            return f"Sent to the raw topic again, as {next(iter(result.sent))}."
        refused = f", {len(result.refused)} refused" if result.refused else ""
        return f"{len(result.sent)} of {len(places)} sent to the raw topic again{refused}."

    return send
