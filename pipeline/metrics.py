"""Process-wide metrics, in Prometheus' own client: what progress lines, summaries and scrapes read."""

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

RECORDS_READ = Counter("khabar_records_read_total", "Records that sources have read", ["source_kind"])
BYTES_READ = Counter("khabar_bytes_read_total", "Bytes that sources have read, as stored", ["source_kind"])
RECORDS_SKIPPED = Counter(
    "khabar_records_skipped_total", "Records of archives that are by rule no articles, by reason", ["reason"]
)
OUTCOMES = Counter("khabar_outcomes_total", "Records by outcome", ["outcome"])
DEAD_LETTERS = Counter("khabar_dead_letters_total", "Dead letters by stage and reason", ["stage", "reason"])
ARTICLES = Counter("khabar_articles_total", "Articles by language", ["language"])
SANDBOX_FAILURES = Counter("khabar_sandbox_failures_total", "Records that took a process down", ["reason"])
STAGE_SECONDS = Histogram(
    "khabar_stage_seconds",
    "Time of a batch in a stage",
    ["stage"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LOADED = Counter("khabar_loaded_total", "Records that the loader has committed to the store", ["kind"])
LOAD_SECONDS = Histogram("khabar_load_seconds", "Time of a batch of the loader, from first record to commit")
SOURCE_LAG = Gauge("khabar_source_lag_records", "Records of a source partition without an outcome yet", ["source"])
LOADER_LAG = Gauge("khabar_loader_lag_records", "Messages of an output topic that the store lacks", ["topic"])
LEDGER_VIOLATIONS = Gauge("khabar_ledger_violations", "Sources whose ledger has a gap or an overlap")
ALARMS_ACTIVE = Gauge("khabar_alarms_active", "Sources and languages that are quiet or degraded now", ["kind"])
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
