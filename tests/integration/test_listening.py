"""What listens where, and who may have code run: every service of a deployment, attacked as another user would."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.runners.prism import PrivatePrismRunner
from pipeline.services import Flink, Prism, free_port
from tests.conftest import KHABAR, ROOT
from tests.integration.conftest import Deploy, StartStream, eventually
from tests.support.sockets import as_user, family, listening

OPEN_SOCKET = """
import socket, sys
# now
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print("connected")
except OSError as error:
    print(type(error).__name__)
"""
START_WORKER = """
import sys, grpc
from apache_beam.portability.api import beam_fn_api_pb2 as m, beam_fn_api_pb2_grpc as g
# now
request = m.StartWorkerRequest(worker_id="evil")
request.control_endpoint.url = "localhost:1"
try:
    print(g.BeamFnExternalWorkerPoolStub(grpc.insecure_channel(sys.argv[1])).StartWorker(request, timeout=5))
    print("started")
except grpc.RpcError as error:
    print(error.code().name, error.details())
"""
ASK_JOB_SERVER = """
import sys, grpc
from apache_beam.portability.api import beam_job_api_pb2 as m, beam_job_api_pb2_grpc as g
# now
try:
    g.JobServiceStub(grpc.insecure_channel(sys.argv[1])).GetJobs(m.GetJobsRequest(), timeout=30)
    print("answered")
except grpc.RpcError as error:
    print(error.code().name, error.details())
"""

ASK_REST = """
import encodings.idna, http.client, sys
# now
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
try:
    connection.request(sys.argv[2], sys.argv[3], b"x" if sys.argv[2] == "POST" else None)
    print(connection.getresponse().status)
except (http.client.HTTPException, OSError) as error:
    print(type(error).__name__)
"""
READ = """
import sys
# now
try:
    print(len(open(sys.argv[1], "rb").read()))
except OSError as error:
    print(type(error).__name__)
"""
SHAKE_HANDS = """
import encodings.idna, socket, ssl, sys
# now
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)) as client:
        client.sendall(b"x" * 100)
        print("closed" if client.recv(1) == b"" else "answered")
except OSError as error:
    print("refused", error)
"""


def unix_sockets(pid: int) -> set[Path]:
    """Return the Unix sockets with a name that a process or a descendant of it has made."""
    inodes = set()
    for one in family(pid):
        for link in Path(f"/proc/{one}/fd").iterdir():
            if link.exists() or link.is_symlink():
                inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return {Path(fields[7]) for fields in lines if len(fields) > 7 and fields[6] in inodes and fields[7][0] == "/"}


def test_a_stream_on_prism_listens_on_no_port_and_nobody_else_can_open_its_sockets(
    deploy: Deploy, start_stream: StartStream
) -> None:
    deployment = deploy()
    deployment.send([b"one"])
    stream = start_stream(deployment)
    eventually(lambda: deployment.behind() == 0, "the job works")
    assert listening(stream.process.pid) == set()
    sockets = unix_sockets(stream.process.pid)
    assert {"prism.sock", "worker.sock"} <= {path.name for path in sockets}
    for path in sockets:
        assert as_user(OPEN_SOCKET, path) == "PermissionError"
    assert stream.drain() == 0, stream.text()


def test_prism_runs_no_command_for_a_job(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("p")
    marker = folder / "ran"
    command = folder / "command"
    command.write_text(f"#!/bin/sh\ntouch {marker}\n")
    command.chmod(0o755)
    prism = Prism(folder, dies_with_parent=True)
    prism.start()
    try:
        environment = ["--environment_type=PROCESS", f"--environment_config={json.dumps({'command': str(command)})}"]
        p = beam.Pipeline(
            runner=PrivatePrismRunner(),
            options=PipelineOptions([f"--job_endpoint={prism.job_endpoint}", *environment]),
        )
        _ = p | beam.Create([1]) | beam.Map(str)
        with pytest.raises(Exception, match=r"refused|FAILED"):
            p.run().wait_until_finish()
    finally:
        prism.stop()
    assert not marker.exists()
    assert "starts no commands for a job" in prism.process.tail()


@pytest.fixture(scope="module")
def worker_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """A pool, its port and its log."""
    port = free_port()
    log = tmp_path_factory.mktemp("pool") / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen([KHABAR, "worker-pool", "--port", str(port)], stderr=stderr, cwd=ROOT)
    try:
        eventually(lambda: bool(listening(process.pid)), "the pool listens")
        yield process, port, log
    finally:
        process.kill()
        process.wait()


def test_the_worker_pool_starts_workers_for_its_own_user_alone(
    worker_pool: tuple[subprocess.Popen[bytes], int, Path],
) -> None:
    process, port, log = worker_pool
    assert listening(process.pid) == {"127.0.0.1"}
    assert "PERMISSION_DENIED" in as_user(START_WORKER, f"127.0.0.1:{port}")
    # Its own user gets a worker, which nobody answers at the address that it is given, until that user leaves.
    assert as_user(START_WORKER, f"127.0.0.1:{port}", uid=os.getuid()) == "DEADLINE_EXCEEDED Deadline Exceeded"
    eventually(lambda: "Worker evil is no longer wanted" in log.read_text(), "the worker is ended")


def test_a_pool_that_is_opened_to_the_network_warns_and_still_refuses_other_users_here(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [KHABAR, "worker-pool", "--host", "0.0.0.0", "--port", str(port)], stderr=file, cwd=ROOT
        )
    try:
        eventually(lambda: bool(listening(process.pid)), "the pool listens")
        assert listening(process.pid) <= {"0.0.0.0", "::"}
        eventually(lambda: "can have code run here" in log.read_text(), "the warning")
        assert "PERMISSION_DENIED" in as_user(START_WORKER, f"127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def test_the_services_of_a_flink_cluster_listen_on_loopback_and_its_job_server_refuses_other_users(
    flink: Flink, deploy: Deploy, start_stream: StartStream
) -> None:
    where = ["--job-endpoint", flink.job_endpoint, "--worker-pool", flink.worker_pool, "--flink-rest", flink.rest_url]
    deployment = deploy()
    deployment.send([b"one"])
    stream = start_stream(deployment, "--runner", "flink", *where)
    eventually(lambda: deployment.behind() == 0, "the job works")
    for name, process in flink.processes.items():
        assert listening(process.pid) == {"127.0.0.1"}, name
    assert "PERMISSION_DENIED" in as_user(ASK_JOB_SERVER, flink.job_endpoint)
    assert as_user(ASK_JOB_SERVER, flink.job_endpoint, uid=os.getuid()) == "answered"
    assert "PERMISSION_DENIED" in as_user(START_WORKER, flink.worker_pool)
    assert stream.drain() == 0, stream.text()


def test_flink_runs_nothing_for_other_users(flink: Flink) -> None:
    """Jars and job graphs come by REST, objects of any class by remote calls, and code by the server of blobs."""
    refused = {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"}
    for method, path in (("GET", "/config"), ("POST", "/jars/upload"), ("POST", "/jobs")):
        assert as_user(ASK_REST, flink.rest_port, method, path) in refused
    assert as_user(ASK_REST, flink.rest_port, "GET", "/config", uid=os.getuid()) == "200"
    assert as_user(ASK_REST, flink.rest_port, "POST", "/jars/upload", uid=os.getuid()) == "404"
    for port in (flink.rpc_port, flink.blob_port):
        assert as_user(SHAKE_HANDS, port).startswith(("refused", "closed"))
    for secret in ("internal.p12", "password", "flink-conf.yaml"):
        path = flink.folder / "conf" / secret
        assert path.exists()
        assert as_user(READ, path) == "PermissionError"


NO_BROKER = ["--bootstrap-servers", "127.0.0.1:1"]
METRICS = ["--metrics-port", "0"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["dashboard", "{out}", "--port", "0"], {"127.0.0.1"}),
        (["worker-pool", "--port", "{port}", *METRICS], {"127.0.0.1"}),
        (["stream", "--index", "sqlite:///{out}/i", *NO_BROKER], set()),
        (["stream", "--index", "sqlite:///{out}/i", *NO_BROKER, *METRICS], {"127.0.0.1"}),
        (["trends", *NO_BROKER, *METRICS], {"127.0.0.1"}),
        (["load", "--store", "sqlite:///{out}/s", *NO_BROKER, *METRICS], {"127.0.0.1"}),
        (["run", "{out}/many.jsonl", "--out", "{out}/run", "--workers", "1"], set()),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_commands_listen_on_loopback_alone_or_not_at_all(
    arguments: list[str], expected: set[str], tmp_path: Path
) -> None:
    for name in ("articles", "duplicates", "dead", "ledger"):
        (tmp_path / f"{name}.jsonl").touch()
    (tmp_path / "many.jsonl").write_bytes((ROOT / "tests" / "golden" / "mixed.jsonl").read_bytes() * 20)
    given = [argument.format(out=tmp_path, port=free_port()) for argument in arguments]
    process = subprocess.Popen([KHABAR, *given], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=tmp_path)
    seen: set[str] = set()

    def looked_at_long_enough() -> bool:
        seen.update(listening(process.pid))
        return process.poll() is not None or len(family(process.pid)) > 1 if not expected else bool(seen)

    try:
        eventually(looked_at_long_enough, "the command is at work")
        seen.update(listening(process.pid))
        assert seen == expected
    finally:
        process.kill()
        process.wait()
