"""Process-wide metrics, in Prometheus' own client: what progress lines, summaries and scrapes read."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase


def _gauge(name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
    """Return a gauge of which, among processes that share their metrics, the one that was set last counts."""
    return Gauge(name, documentation, labels, multiprocess_mode="mostrecent")


RECORDS_READ = Counter("khabar_records_read_total", "Records that sources have read", ["source_kind"])
BYTES_READ = Counter("khabar_bytes_read_total", "Bytes that sources have read, as stored", ["source_kind"])
RECORDS_SKIPPED = Counter(
    "khabar_records_skipped_total", "Records of archives that are by rule no articles, by reason", ["reason"]
)
OUTCOMES = Counter("khabar_outcomes_total", "Records by outcome", ["outcome"])
DEAD_LETTERS = Counter("khabar_dead_letters_total", "Dead letters by stage and reason", ["stage", "reason"])
ARTICLES = Counter("khabar_articles_total", "Articles by language", ["language"])
SANDBOX_FAILURES = Counter("khabar_sandbox_failures_total", "Records that took a process down", ["reason"])
PARTS_FAILED = Counter("khabar_parts_failed_total", "Parts of articles that could not be read: bugs", ["part"])
STAGE_SECONDS = Histogram(
    "khabar_stage_seconds",
    "Time of a batch in a stage",
    ["stage"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STAGE_RECORDS = Counter("khabar_stage_records_total", "Records that a stage has worked on", ["stage"])
COMMIT_SECONDS = Histogram(
    "khabar_commit_seconds",
    "Time of a transaction's commit, from its last outcome on",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
STREAM_LAG = _gauge(
    "khabar_stream_lag_records", "Records between the stream's committed position and the end", ["source"]
)
STREAM_MOVED = _gauge("khabar_stream_last_commit_time_seconds", "When the stream was last seen to commit, Unix time")
STREAM_READY = _gauge("khabar_stream_ready", "1 while the stream's job runs and commits or has nothing to do, else 0")
STREAM_RESTARTS = Counter(
    "khabar_stream_restarts_total", "Attempts of the stream that ended early, by cause", ["cause"]
)
LOADED = Counter("khabar_loaded_total", "Records that the loader has committed to the store", ["kind"])
LOAD_SECONDS = Histogram("khabar_load_seconds", "Time of a batch of the loader, from first record to commit")
LOADED_TIME = _gauge("khabar_loaded_time_seconds", "When the loader last committed outcomes to the store, Unix time")
FRESHNESS_SECONDS = Histogram(
    "khabar_freshness_seconds",
    "From publication to the store, of new articles that tell their time to the minute",
    buckets=(30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400),
)
SOURCE_LAG = _gauge("khabar_source_lag_records", "Records of a source partition without an outcome yet", ["source"])
LOADER_LAG = _gauge("khabar_loader_lag_records", "Messages of an output topic that the store lacks", ["topic"])
LEDGER_VIOLATIONS = _gauge("khabar_ledger_violations", "Sources whose ledger has a gap or an overlap")
ALARMS_ACTIVE = Gauge(  # each process counts up and down what it watches itself
    "khabar_alarms_active",
    "Sources and languages that are quiet or degraded now",
    ["kind"],
    multiprocess_mode="livesum",
)
ALARM = _gauge(
    "khabar_alarm", "1 for a source or language that is quiet or degraded now", ["kind", "dimension", "value"]
)
TREND_ARTICLES_TOO_LATE = Counter(
    "khabar_trend_articles_too_late_total", "Articles that came too long after their hour to be counted as a trend"
)
DASHBOARD_SECONDS = Histogram(
    "khabar_dashboard_seconds",
    "Time that the dashboard takes for a page",
    ["page"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5),
)


def collectors() -> list[MetricWrapperBase]:
    """Return all metrics of this module."""
    return [value for value in globals().values() if isinstance(value, MetricWrapperBase)]
