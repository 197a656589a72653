"""Operations: whether everything is accounted for, what lags, what died and what became of it, what repeats."""

import base64
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.dashboard import charts, security
from pipeline.dashboard.compare import side_by_side
from pipeline.dashboard.exports import MOST_ROWS
from pipeline.dashboard.site import Site, id_of, number_of, wanted
from pipeline.store import Reader, StoreError
from pipeline.store.reader import OUTCOMES, DeadRow
from schemas.records import Dead

_SHOWN_SOURCES: Final = 50
_SHOWN_PAYLOAD: Final = 20_000
_REDRIVEN_AT_ONCE: Final = 500
DEAD_COLUMNS: Final = (
    *(
        "source",
        "reason",
        "stage",
        "message",
        "url",
        "raw_id",
        "read_from",
        "position",
        "processed_at",
        "payload_bytes",
    ),
    *("attempts", "redriven"),
)
DUPLICATE_COLUMNS: Final = (
    *("outcome", "uri", "url", "duplicate_of", "similarity", "method", "raw_id", "read_from", "position"),
)
ALARM_COLUMNS: Final = ("window_start", "kind", "dimension", "value", "observed", "expected", "active", "message")


def live_data(site: Site, reader: Reader) -> dict[str, Any]:
    """Return the state of the flow, as plain values."""
    audit = reader.audit()
    ledger = {outcome: sum(row.ledger[outcome] for row in audit) for outcome in OUTCOMES}
    stored = {outcome: sum(row.stored[outcome] for row in audit) for outcome in OUTCOMES}
    now = site.config.now()
    flow: dict[str, list[int]] = {}
    for minute, outcome, records in reader.flow(f"{now - timedelta(minutes=60):%Y-%m-%dT%H:%M}"):
        flow.setdefault(minute, [0] * len(OUTCOMES))[OUTCOMES.index(outcome)] += records
    last = reader.last_commit()
    silent = (now - datetime.fromisoformat(f"{last}:00Z")) // timedelta(minutes=1) if last else None
    lag = sum(row.lag for row in audit)
    is_stream = last is not None or any(row.end_position is not None for row in audit)
    # The sources that need attention come first: an archive run has thousands.
    states = ("ok", "behind", "violated")
    shown = sorted(audit, key=lambda row: (-states.index(row.state), -row.lag, row.read_from))[:_SHOWN_SOURCES]
    return {
        "state": _state([row.state for row in audit], is_stream, lag, silent, site.config.quiet_minutes),
        "violation": next((f"{row.read_from}: {row.violation}" for row in audit if row.violation), None),
        "records": sum(ledger.values()),
        "outcomes": ledger,
        "stored": stored,
        "lag": lag,
        "rate": round(sum(flow.get(f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}", [0])) / 60, 1),
        "flow": sorted(flow.items()),
        "is_stream": is_stream,
        "silent_minutes": silent,
        "last_commit": f"{last}:00Z" if last else None,
        "source_count": len(audit),
        "sources": [
            {"name": row.read_from, "position": row.position, "lag": row.lag, "state": row.state} for row in shown
        ],
        "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }


def _state(states: list[str], is_stream: bool, lag: int, silent: int | None, most: int) -> str:
    """Return the state of everything: what is lost, then what stands, then what is late."""
    if "violated" in states:
        return "violated"
    if not states:
        return "empty"
    if is_stream and (silent is None or silent >= most):
        return "stands" if lag else "silent"
    return "behind" if "behind" in states else "ok"


def operations(site: Site, request: Request) -> Response:
    """The page for whoever is on call."""
    part = request.query_params.get("part")
    with site.readers.lend() as reader:
        live = live_data(site, reader)
        data: dict[str, Any] = {
            "live": live,
            "flow": _flow_chart(site, live["flow"]) if live["is_stream"] else None,
        }
        if part == "live":
            return site.page(request, "live.html", **data)
        return site.page(
            request,
            "operations.html",
            alarms=[alarm for alarm in reader.alarms(30) if alarm.active],
            has_trends=reader.has_trends(),
            groups=reader.dead_groups(12),
            silent=site.kept.of(
                reader, "silent", lambda: reader.silent_sources(reader.newest_time(site.now()) or site.now())
            ),
            **data,
        )


def _flow_chart(
    site: Site, flow: list[tuple[str, list[int]]]
) -> list[tuple[str, float, list[tuple[int, float, float]], int]]:
    """Return (minute, x, parts, records) of the last sixty minutes, zeros included: what stands shall look like it."""
    found = dict(flow)
    now = site.config.now()
    minutes = [f"{now - timedelta(minutes=59 - n):%Y-%m-%dT%H:%M}" for n in range(60)]
    highest = max((sum(found.get(minute, [0])) for minute in minutes), default=0)
    bars = []
    for place, minute in enumerate(minutes):
        y, parts = float(charts.HEIGHT), []
        for colour, n in enumerate(found.get(minute, [0] * len(OUTCOMES))):
            height = charts.HEIGHT * n / highest if highest else 0
            y -= height
            if n:
                parts.append((colour, round(y, 1), round(height, 1)))
        bars.append((minute, round(place * charts.WIDTH / 60 + 1.5, 1), parts, sum(found.get(minute, [0]))))
    return bars


def live_json(site: Site, request: Request) -> Response:
    """The state of the flow for programs."""
    with site.readers.lend() as reader:
        return JSONResponse(live_data(site, reader))


def signals(site: Site, request: Request) -> Response:
    """Who went quiet or degraded, and what rises."""
    with site.readers.lend() as reader:
        alarms = reader.alarms(MOST_ROWS if wanted(request) else 100)
        if wanted(request):
            rows = [{**alarm._asdict(), "title": alarm.message, "event_time": alarm.window_start} for alarm in alarms]
            return site.export(request, rows, ALARM_COLUMNS, "alarms", "Alarms")
        whole = f"{site.config.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        return site.page(
            request,
            "signals.html",
            alarms=alarms,
            bursts=reader.bursts(not_after=whole),
            has_trends=reader.has_trends(),
            silent=site.kept.of(
                reader, "silent", lambda: reader.silent_sources(reader.newest_time(site.now()) or site.now())
            ),
        )


# Duplicates


def duplicates(site: Site, request: Request) -> Response:
    """Records that brought nothing new."""
    of, source = request.query_params.get("of"), request.query_params.get("source")
    with site.readers.lend() as reader:
        limit = {"limit": MOST_ROWS} if wanted(request) else {}
        rows = reader.duplicates(of, source=source, before=number_of(request, "before"), **limit)
    if wanted(request):
        fields = [{**row._asdict(), "title": row.uri} for row in rows]
        return site.export(request, fields, DUPLICATE_COLUMNS, "duplicates", "Duplicates")
    return site.page(request, "duplicates.html", rows=rows, of=of, source=source)


def duplicate(site: Site, request: Request) -> Response:
    """A duplicate beside what it repeats, as far as the store has both texts."""
    with site.readers.lend() as reader:
        row = reader.duplicate(id_of(request))
        if row is None:
            raise HTTPException(404, "there is no such duplicate")
        original_id = reader.article_id(row.duplicate_of)
        original = reader.article(original_id) if original_id else None
        own_id = reader.article_id(row.uri) if row.uri and row.uri != row.duplicate_of else None
        own = reader.article(own_id) if own_id else None
        others = [other for other in reader.duplicates(row.duplicate_of) if other.id != row.id]
    text = site.raw_text(row.read_from, row.position) if own is None else None
    left = original.text if original else ""
    right = own.text if own else (text or "")
    return site.page(
        request,
        "duplicate.html",
        row=row,
        original=original,
        original_id=original_id,
        rows=side_by_side(left, right) if left and right else [],
        has_text=bool(right),
        others=others,
    )


# Dead letters


def dead_letters(site: Site, request: Request) -> Response:
    """Dead letters, by source and reason or one after the other."""
    given = request.query_params
    reason, source = given.get("reason") or None, given.get("source")
    with site.readers.lend() as reader:
        limit = {"limit": MOST_ROWS} if wanted(request) else {}
        letters = reader.dead_letters(reason, source=source, before=number_of(request, "before"), **limit)
        if wanted(request):
            rows = [
                {
                    **row._asdict(),
                    "source": source,
                    "title": row.message,
                    "uri": f"{row.read_from}/{row.position}",
                    "event_time": row.processed_at,
                }
                for row in letters
            ]
            return site.export(request, rows, DEAD_COLUMNS, "dead-letters", "Dead letters")
        groups = reader.dead_groups()
        reasons = reader.dead_reasons()
        outcomes = {row.id: reader.outcome_of(_raw_place(row)) for row in letters if row.redriven}
    group = (
        next((g for g in groups if g.source == (source or "") and g.reason == reason), None)
        if source is not None
        else None
    )
    return site.page(
        request,
        "dead.html",
        letters=letters,
        outcomes=outcomes,
        groups=groups,
        reasons=reasons,
        reason=reason,
        source=source,
        group=group,
        form_key=site.form_key,
        done=given.get("done", "")[:300] if given.get("key") == site.form_key else "",
        problem="",
    )


def dead_letter(site: Site, request: Request) -> Response:
    """One dead letter with its payload."""
    return _dead_letter(site, request, id_of(request))


def _dead_letter(site: Site, request: Request, id_: int, *, done: str = "", problem: str = "") -> Response:
    with site.readers.lend() as reader:
        found = reader.dead_letter(id_)
        if found is None:
            raise HTTPException(404, "there is no such dead letter")
        row, record = found
        outcome = reader.outcome_of(_raw_place(row)) if row.redriven else None
    payload = _payload(record)
    return site.page(
        request,
        "dead_letter.html",
        row=row,
        record=record,
        outcome=outcome,
        payload=payload[:_SHOWN_PAYLOAD],
        more=max(len(payload) - _SHOWN_PAYLOAD, 0),
        form_key=site.form_key,
        done=done,
        problem=problem,
        status=502 if problem else 200,
    )


def _raw_place(row: DeadRow) -> str:
    """Return where the raw record stands as which a dead letter was sent again."""
    redriven = row.redriven or ""
    return redriven if redriven.count("/") > 1 else f"{row.read_from.rpartition('/')[0]}/{redriven}"


def _payload(record: Dead) -> str:
    """Return the payload as text; bytes that are no UTF-8 stay visible as escapes."""
    return base64.b64decode(record.payload_base64).decode("utf-8", "backslashreplace")


async def redrive(site: Site, request: Request) -> Response:
    """Send one dead letter, or all of a source and reason, through the pipeline again."""
    if site.config.redrive is None:
        raise HTTPException(403, "this dashboard is read-only; `khabar dashboard --allow-changes` lets it re-drive")
    form = await request.form()
    if not security.is_own_form(request, form.get("key"), site.form_key):
        raise HTTPException(403, "this form is not from here, or is older than this dashboard: reload the page")
    if "id" in request.path_params:
        return await run_in_threadpool(_redrive_one, site, request)
    return await run_in_threadpool(
        _redrive_group, site, request, str(form.get("source", "")), str(form.get("reason", ""))
    )


def _redrive_one(site: Site, request: Request) -> Response:
    id_ = id_of(request)
    with site.readers.lend() as reader:
        found = reader.dead_letter(id_)
    if found is None:
        raise HTTPException(404, "there is no such dead letter")
    assert site.config.redrive is not None
    try:
        return _dead_letter(site, request, id_, done=site.config.redrive([found[0]]))
    except StoreError as error:
        return _dead_letter(site, request, id_, problem=str(error))


def _redrive_group(site: Site, request: Request, source: str, reason: str) -> Response:
    assert site.config.redrive is not None
    with site.readers.lend() as reader:
        letters: list[DeadRow] = [
            row
            for row in reader.dead_letters(reason or None, source=source, limit=_REDRIVEN_AT_ONCE)
            if not row.redriven
        ]
        groups, reasons = reader.dead_groups(), reader.dead_reasons()
    done = problem = ""
    if not letters:
        problem = "there is none that was not sent before"
    else:
        try:
            done = site.config.redrive(letters)
        except StoreError as error:
            problem = str(error)
    return site.page(
        request,
        "dead.html",
        letters=letters[:25],
        outcomes={},
        groups=groups,
        reasons=reasons,
        reason=reason,
        source=source,
        group=next((g for g in groups if g.source == source and g.reason == reason), None),
        form_key=site.form_key,
        done=done,
        problem=problem,
        status=502 if problem else 200,
    )
