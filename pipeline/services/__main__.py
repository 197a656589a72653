"""``python -m pipeline.services``: fetch, start and stop the services."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.services.flink import Flink, fetch_flink
from pipeline.services.kafka import Kafka, fetch_kafka
from pipeline.services.prism import Prism, fetch_prism
from pipeline.services.process import Process, ServiceError, free_port


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
    parser.add_argument("--folder", type=Path, default=Path(".services"), help="data and logs")
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
