"""Flink's REST interface, as far as `khabar stream` needs it: which jobs of a name are there, and to cancel them."""

import http.client
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

FINAL_STATES: Final = frozenset({"FINISHED", "CANCELED", "FAILED"})
_TIMEOUT_SECONDS: Final = 5.0

ERRORS: Final = (OSError, ValueError, KeyError, http.client.HTTPException)
"""What a job manager that is down, starting or ending makes of a request."""


class Cluster:
    """A Flink cluster. Every method raises one of `ERRORS` while the job manager does not answer."""

    def __init__(self, url: str) -> None:
        """`url` is the address of the REST interface, such as ``http://localhost:8081``."""
        self._url = url.rstrip("/")

    def jobs(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the submissions of a job, which are named ``<name>-<run>``: run to (id, state)."""
        pattern = re.compile(re.escape(name) + r"-([0-9a-f]+)")
        found = self._ask("GET", "/jobs/overview")["jobs"]
        named = ((pattern.fullmatch(entry["name"]), entry) for entry in found)
        return {match[1]: (entry["jid"], entry["state"]) for match, entry in named if match}

    def failures(self, job: str) -> list[str]:
        """Return what made a job fail, by its id: the newest failure first, with what its workers said."""
        found = self._ask("GET", f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return [str(entry["stacktrace"]) for entry in found]

    def free_slots(self) -> int:
        """Return how many parallel readers the cluster could start now."""
        return int(self._ask("GET", "/overview")["slots-available"])

    def cancel(self, name: str, seconds: float) -> bool:
        """Cancel all submissions of a job and wait until they have ended; False when some have not after `seconds`."""
        deadline = time.monotonic() + seconds
        while running := list(self._running(name)):
            for job, state in running:
                if state not in ("CANCELLING", "FAILING"):
                    self._ask("PATCH", f"/jobs/{job}?mode=cancel")
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def _running(self, name: str) -> Iterator[tuple[str, str]]:
        return ((job, state) for job, state in self.jobs(name).values() if state not in FINAL_STATES)

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(self._url + path, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
