"""What Prism, Beam's local runner, needs that other runners do not: an output for each stage, and closed doors."""

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.portability.prism_runner import PrismRunner
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.transforms import environments
from apache_beam.transforms.window import FixedWindows
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

_CACHE_BYTES: Final = 100 << 20
"""For state and side inputs of a job; Beam's default."""


class WithOutput(beam.PTransform):  # type: ignore[misc]
    """A sink with an output in which there is never anything.

    Prism (2.77) waits for the data and for the end of a bundle in one loop. Where a stage has no output its data counts
    as complete from the start, and the loop spins until the bundle ends: a core for each bundle under way.
    """

    def __init__(self, sink: beam.PTransform) -> None:
        super().__init__()
        self._sink = sink

    def expand(self, items: Any) -> Any:
        nothing = items | self._sink
        return nothing | "Windows" >> beam.WindowInto(FixedWindows(3600)) | "Nothing" >> beam.GroupByKey()


class PrivatePrismRunner(PrismRunner):  # type: ignore[misc]
    """Submits to a Prism that runs already, and works in this process for whoever can open a socket of its user.

    Beam's own LOOPBACK worker listens on all addresses of the machine and runs what it is sent. This one listens on a
    Unix socket beside Prism's, in a folder that nobody else can enter.
    """

    def start_and_replace_loopback_environments(
        self, pipeline: Any, options: PipelineOptions
    ) -> list[Callable[[], Any]]:
        """Start the worker and make the job's environments lead to it, as Beam's own method does with a TCP port."""
        portable = copy.deepcopy(options.view_as(PortableOptions))
        socket = _private_folder(portable.job_endpoint) / "worker.sock"
        server = serve_workers(socket)
        portable.environment_type = "EXTERNAL"
        portable.environment_config = f"unix:{socket}"
        external = environments.ExternalEnvironment.from_options(portable).to_runner_api(None)
        for environment in pipeline.components.environments.values():
            if environment.urn == python_urns.EMBEDDED_PYTHON_LOOPBACK:
                environment.urn, environment.payload = external.urn, external.payload
        return [lambda: server.stop(1)]


def _private_folder(endpoint: str | None) -> Path:
    """Return the folder of Prism's socket, a new one where Prism was started by somebody else, at a port."""
    if endpoint and endpoint.startswith("unix:"):
        return Path(endpoint.removeprefix("unix:")).parent
    return Path(tempfile.mkdtemp(prefix="khabar-worker-"))


def serve_workers(socket: Path) -> grpc.Server:
    """Start Beam workers in threads of this process for whoever can open `socket`."""
    socket.unlink(missing_ok=True)
    pings = [("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0)]
    server = grpc.server(shared_unbounded_instance(), options=pings)
    pool = BeamFnExternalWorkerPoolServicer(state_cache_size=_CACHE_BYTES)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server
