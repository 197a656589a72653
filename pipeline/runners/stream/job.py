"""The process in which `khabar stream` submits its job and, on Prism, works: one attempt, started by `attempt`.

On Prism the Beam worker runs in this process, with the sandbox behind it; on Flink this process only submits and waits.
It gets its options on standard input, because they may hold passwords, says on standard error when the job runs, and
ends with the job.
"""

import contextlib
import importlib
import logging
import os
import pickle
import re
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any, Final

from pipeline import errors
from pipeline.forking import start_fork_server
from pipeline.observe.logs import JsonFormatter
from pipeline.runners.stream.options import StreamOptions

EXIT_STOPPED: Final = 3
"""The job cannot go on for a reason that a user can act on; trying again does not help."""
WORKS: Final = "--works"
"""Argument of a process that does not only submit the job."""
RUNNING: Final = "khabar: the job runs"
"""Line on standard error by which the parent process learns that the job service runs the job."""
_CANCEL_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2


def main() -> None:
    """Run one attempt; ends the process."""
    if WORKS in sys.argv:
        start_fork_server()
    for module in ("apache_beam", "pipeline.sources.kafka", "pipeline.sinks.kafka", "pipeline.graph"):
        importlib.import_module(module)
    options, job, endpoint = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent process
    _logging(debug=options.debug)
    try:
        status = _run(options, job, endpoint)
    except Exception as error:
        if options.debug:
            logging.getLogger(__name__).exception("The job failed")
        status = _report(error)
    sys.stderr.flush()
    os._exit(status)  # threads of the runner may still wait for work that will not come


def _run(options: StreamOptions, job: Any, endpoint: str) -> int:
    from pipeline.runners import beam_options
    from pipeline.runners.prism import WithOutput
    from pipeline.sinks.kafka import WriteToKafka
    from pipeline.sources.kafka import ReadFromKafka

    module, _, name = options.graph.partition(":")
    build = getattr(importlib.import_module(module), name)
    engine = options.engine
    more = beam_options.streaming(engine, options.checkpoint_seconds)
    p = beam_options.pipeline(engine, f"{job.name}-{job.run}", endpoint, more)
    sink = WriteToKafka(job) if engine.runner == "flink" else WithOutput(WriteToKafka(job))
    build(p, ReadFromKafka(job), sink, options.settings)
    result = p.run()

    def cancel(_number: int, _frame: FrameType | None) -> None:
        # The job service may be gone; this process ends all the same.
        threading.Timer(_CANCEL_SECONDS, os._exit, (1,)).start()
        with contextlib.suppress(Exception):
            result.cancel()
        os._exit(0)

    signal.signal(signal.SIGTERM, cancel)
    threading.Thread(target=_tell_when_running, args=(result,), name="job-state", daemon=True).start()
    state = result.wait_until_finish()
    return 0 if state == "DONE" else _report(RuntimeError(f"the runner ended the job: {state}"))


def _tell_when_running(result: Any) -> None:
    with contextlib.suppress(Exception):  # a job service that is gone is reported where the job is waited for
        while result.state != "RUNNING":
            time.sleep(_LOOK_SECONDS)
        print(RUNNING, file=sys.stderr, flush=True)


def _report(error: Exception) -> int:
    if stopped := errors.first_cause():
        print(stopped, file=sys.stderr)
        return EXIT_STOPPED
    if isinstance(error, errors.JobStopped):
        print(error, file=sys.stderr)
        return EXIT_STOPPED
    print(_cause(str(error)) or type(error).__name__, file=sys.stderr)
    return 1


def _cause(text: str) -> str:
    """Return the line of a runner's error that says what happened."""
    if details := re.search(r'details = "(.+)"', text):
        return details[1]
    lines = [line.strip() for line in text.splitlines() if any(c.isalnum() for c in line)]
    return lines[-1] if lines else ""


def _logging(*, debug: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())  # for the parent process, which shows or passes it on
    logging.basicConfig(handlers=[handler], level=logging.INFO if debug else logging.CRITICAL)
    for ours in ("pipeline", "khabar"):
        logging.getLogger(ours).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
