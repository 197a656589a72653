"""What dashboards and alerts ask for exists, and processes serve it."""

import json
import logging
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from io import StringIO
from pathlib import Path

import pytest
import yaml

from pipeline.observe import metrics
from pipeline.observe.health import exposition, serving
from pipeline.observe.logs import JsonFormatter
from tests.conftest import ROOT

MONITORING = ROOT / "docs" / "monitoring"
FILES = sorted(
    path
    for path in MONITORING.iterdir()
    if "khabar_" in path.read_text(encoding="utf-8") and not path.stem.endswith("_test")
)


def samples() -> dict[str, set[str]]:
    """Return the names of all samples that the metrics have, with their labels."""
    found: dict[str, set[str]] = {}
    for collector in metrics.collectors():
        for metric in collector.describe():
            labels = set(collector._labelnames)
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(metric.type, [""])
            for suffix in suffixes:
                found[metric.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


def expressions(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    return re.findall(r"expr: (?:>\n)?((?:.(?!labels:|for:))+)", text, re.DOTALL)


def test_there_is_something_to_check() -> None:
    assert {path.name for path in FILES} == {"alerts.yml", "grafana-dashboard.json"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_metric_and_label_exists(path: Path) -> None:
    known = samples()
    used = set()
    for expression in expressions(path):
        names = re.findall(r"khabar_\w+", expression)
        assert names
        used.update(names)
        available = set().union(*(known[name] for name in names))
        for labels in re.findall(r"by \(([^)]*)\)", expression):
            assert {label.strip() for label in labels.split(",")} <= available
        for name, matchers in re.findall(r"(khabar_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)[=!]", matchers)) <= known[name]
    assert set(re.findall(r"khabar_\w+", path.read_text(encoding="utf-8"))) == used


def test_every_metric_is_on_the_dashboard_or_documented() -> None:
    documented = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for collector in metrics.collectors():
        for metric in collector.describe():
            assert metric.name in documented


def test_every_rule_has_its_runbook_and_a_meaning_in_the_docs() -> None:
    documented = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        anchor = rule["annotations"]["runbook_url"].partition("#")[2]
        assert f'<a id="{anchor}"></a>{rule["alert"]} |' in documented


def test_rules_say_what_they_should() -> None:
    """Prometheus' own tool reads the rules and tries them on series that are made up."""
    tool = shutil.which("promtool")
    assert tool, "promtool is needed: apt-get install -y prometheus"
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([tool, *command], cwd=MONITORING, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def get(port: int | None, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_health_and_readiness_are_served() -> None:
    why: list[str] = ["no broker answers"]
    with serving(0, "load", lambda: why[0] if why else None) as port:
        assert get(port, "/health") == (200, "load lives\n")
        assert get(port, "/ready") == (503, "no broker answers\n")
        why.clear()
        assert get(port, "/ready") == (200, "ready\n")
        status, text = get(port, "/metrics")
        assert status == 200
        assert "khabar_ledger_violations" in text
        assert get(port, "/else")[0] == 404
    with serving(0, "stream", unwell=lambda: "no job has run for 130 s") as port:
        assert get(port, "/health") == (503, "no job has run for 130 s\n")
    with serving(None, "load") as nothing:
        assert nothing is None
    assert b"khabar_loaded_total" in exposition()


def test_a_log_line_has_the_coordinates_of_its_record() -> None:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("pipeline.x")
    logger.addHandler(handler)
    logger.warning("cannot read %s", "it\nall", extra={"source": "news.raw/3", "position": 17, "stage": "extract"})
    logger.error("failed", exc_info=ValueError("why"))
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "cannot read it\nall"
    assert (first["source"], first["position"], first["stage"], first["level"]) == (
        "news.raw/3",
        17,
        "extract",
        "warning",
    )
    assert "ValueError: why" in second["error"]
