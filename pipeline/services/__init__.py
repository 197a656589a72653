"""The real services, without containers: a Kafka broker, the Prism runner, and a Flink cluster.

They are fetched once from the public registries (Maven Central, the Go module proxy) into ``.cache/services``, started
on free ports, checked for readiness, and stopped by their own process id. Tests and benchmarks use the classes;
a user types ``make services`` (``python -m pipeline.services up``) and gets the same processes.

The versions are those that the registries serve to a native build. ``docker-compose.yml`` runs newer images of the
same services; `tests/test_compose.py` holds the two together.
"""

from pipeline.services.flink import Flink
from pipeline.services.kafka import KAFKA_VERSION, Kafka
from pipeline.services.prism import BEAM_VERSION, Prism, fetch_prism
from pipeline.services.process import ServiceError, die_with_parent, free_port

__all__ = [
    "BEAM_VERSION",
    "KAFKA_VERSION",
    "Flink",
    "Kafka",
    "Prism",
    "ServiceError",
    "die_with_parent",
    "fetch_prism",
    "free_port",
]
