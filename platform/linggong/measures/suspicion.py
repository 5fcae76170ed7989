"""Hints at made-up records (M21): what of a site's records a person should go and check, each with its evidence.

A hint accuses nobody: it names the records, the count and the limit, and somebody of the bureau looks. The limits are parameters
of the place. Records of the site are those of its node; entries are its events that staff wrote.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.measures.sites import Place, Thresholds, open_sites, thresholds
from linggong.measures.subject import said

SHOWN: Final = 20
"""Records of a hint that are named; all are counted."""
MOST_DAYS: Final = 93
_LEAST_DAYS: Final = 15
"""Days that must be looked at before a month's end can stand out in them."""

LABELS: Final = {
    "night": "夜里集中录入", "month_end": "月末集中录入", "late": "事后很久才录", "phone": "一个电话登记多人", "device": "一台自助机短时间签到多人",
    "text": "文字一模一样", "round_times": "补录的时间都是整点", "round_counts": "每天人数都是整十", "denied": "回访本人否认",
}  # fmt: skip
_WORDS: Final = {
    "night": "{of} 条录入里有 {n} 条在夜里 {night_from}—{night_to} 录的，占 {share}%（提醒线 {limit}%）。",
    "month_end": "{of} 条录入里有 {n} 条挤在月末 {month_end_days} 天，占 {share}%（提醒线 {limit}%）。",
    "late": "{of} 条录入里有 {n} 条是事情过了 {late_hours} 小时以后才录的，占 {share}%（提醒线 {limit}%）。",
    "phone": "有一个电话登记了 {of} 个人；共 {n} 人的电话有 {limit} 人以上在用。",
    "device": "一台自助机十分钟里给 {of} 个人签到；这样签的共 {n} 人（提醒线 {limit} 人）。",
    "text": "有 {n} 条记录的文字和别的一模一样，同一句话最多出现 {of} 次（提醒线 {limit} 条）。",
    "round_times": "{of} 条补录的签到里有 {n} 条的来的时间是整点，占 {share}%（提醒线 {limit}%）。",
    "round_counts": "有人签到十人以上的 {of} 天里，有 {n} 天人数正好是整十，占 {share}%（提醒线 {limit}%）。",
    "denied": "打通的 {of} 次回访里，有 {n} 次本人说没有这回事，占 {share}%（提醒线 {limit}%）。",
}
_TABLES: Final = {
    "night": "events", "month_end": "events", "late": "events", "phone": "persons", "device": "tickets", "round_times": "tickets",
    "denied": "call_backs", "text": "", "round_counts": "",
}  # fmt: skip
_RECORDS: Final = {
    "events": "录入", "persons": "登记", "tickets": "签到", "call_backs": "回访", "orders": "用工单", "ratings": "评价",
}  # fmt: skip


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a hint rests on."""

    table: str
    words: str
    """What kind of record it is."""
    id: UUID


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to check: how often, of how many, where the limit stands, and the first of the records."""

    key: str
    label: str
    words: str
    n: int
    of: int
    limit: float
    parameter: str
    """Which parameter set the limit."""
    records: list[Record]


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A site with its hints, the strongest first."""

    path: str
    name: str
    hints: list[Hint]


_COLUMNS: Final = {
    "night_from": "suspicion.night_from", "night_to": "suspicion.night_to", "month_days": "suspicion.month_end_days",
    "late": "suspicion.late_after", "phones": "suspicion.phone_persons", "device": "suspicion.device_persons",
    "same": "suspicion.same_text", "chars": "suspicion.same_text_chars",
}  # fmt: skip
"""Limits that the queries need themselves, beside those of the shares."""

_SITES: Final = """WITH sites AS MATERIALIZED (SELECT * FROM unnest(cast(:paths AS text[]), cast(:night_from AS int[]),
    cast(:night_to AS int[]), cast(:month_days AS int[]), cast(:late AS int[]), cast(:phones AS int[]), cast(:device AS int[]),
    cast(:same AS int[]), cast(:chars AS int[])) AS s (path, night_from, night_to, month_days, late, phones, device, same, chars))"""
_ENTRIES: Final = """
, entries AS MATERIALIZED (
  SELECT e.id, e.tenant, e.recorded_at, extract(epoch FROM e.recorded_at - e.occurred_at) > s.late AS late,
      CASE WHEN s.night_from > s.night_to THEN t.second >= s.night_from OR t.second < s.night_to
        ELSE t.second >= s.night_from AND t.second < s.night_to END AS night,
      (date_trunc('month', t.at) + interval '1 month')::date - t.at::date <= s.month_days AS month_end
  FROM sites s JOIN events e ON e.tenant = s.path COLLATE "C"
  CROSS JOIN LATERAL (SELECT e.recorded_at AT TIME ZONE 'Asia/Shanghai' AS at,
    extract(epoch FROM (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::time) AS second) t
  WHERE e.actor_kind = 'staff' AND e.occurred_at >= :start AND e.occurred_at < :end
)
SELECT e.tenant, v.key, count(*) FILTER (WHERE v.holds) AS n, count(*) AS of,
    (array_agg(e.id ORDER BY e.recorded_at) FILTER (WHERE v.holds))[1:@shown] AS ids, '' AS source
  FROM entries e CROSS JOIN LATERAL (VALUES ('night', e.night), ('month_end', e.month_end), ('late', e.late)) v (key, holds)
  GROUP BY 1, 2 HAVING bool_or(v.holds)"""

_PHONES: Final = """
SELECT t.tenant, 'phone', sum(t.n)::bigint, max(t.n), (array_agg(p.id ORDER BY p.id))[1:@shown], '' FROM (
    SELECT l.tenant, c.number_index, count(DISTINCT c.person_id) AS n, array_agg(DISTINCT c.person_id) AS ids
    FROM sites s JOIN service_links l ON l.tenant = s.path COLLATE "C" AND l.kind = 'registered'
      AND l.started_at >= :start AND l.started_at < :end
    JOIN contacts c ON c.person_id = l.subject_id AND c.kind <> 'station' AND c.ended_at IS NULL
    GROUP BY l.tenant, c.number_index, s.phones HAVING count(DISTINCT c.person_id) > s.phones) t
  CROSS JOIN LATERAL (SELECT u AS id, row_number() OVER () AS at FROM unnest(t.ids) u) p
  GROUP BY t.tenant"""

_DEVICES: Final = """
SELECT t.tenant, 'device', count(*), max(t.n), (array_agg(i.id ORDER BY i.id))[1:@shown], '' FROM (
    SELECT k.tenant, count(*) AS n, array_agg(k.id) AS ids
    FROM sites s JOIN tickets k ON k.tenant = s.path COLLATE "C" AND k.screen_id IS NOT NULL AND k.day BETWEEN :first AND :last
    GROUP BY k.tenant, k.screen_id, floor(extract(epoch FROM k.recorded_at) / 600), s.device HAVING count(*) > s.device) t
  CROSS JOIN LATERAL unnest(t.ids) i (id)
  GROUP BY t.tenant"""

_TEXTS: Final = """
SELECT t.tenant, 'text', count(*), max(t.n), (array_agg(i.id ORDER BY i.id))[1:@shown], t.source FROM (
    SELECT w.tenant, w.source, count(*) AS n, array_agg(w.id) AS ids
    FROM (SELECT s.path, s.same, s.chars, x.* FROM sites s CROSS JOIN LATERAL (
        SELECT o.tenant, 'orders' AS source, o.id, o.employer_id AS who, btrim(o.description) AS words FROM orders o
          WHERE o.tenant = s.path COLLATE "C" AND o.created_by_kind = 'staff' AND o.repeat_of IS NULL
            AND o.created_at >= :start AND o.created_at < :end
        UNION ALL SELECT r.tenant, 'ratings', r.id, r.engagement_id, btrim(r.words) FROM ratings r
          WHERE r.tenant = s.path COLLATE "C" AND r.created_at >= :start AND r.created_at < :end
        UNION ALL SELECT c.tenant, 'call_backs', c.id, c.engagement_id, btrim(c.note) FROM call_backs c
          WHERE c.tenant = s.path COLLATE "C" AND c.done_at >= :start AND c.done_at < :end) x) w
    WHERE length(w.words) >= w.chars
    GROUP BY w.tenant, w.source, w.words, w.same HAVING count(DISTINCT w.who) >= w.same) t
  CROSS JOIN LATERAL unnest(t.ids) i (id)
  GROUP BY t.tenant, t.source"""

_ROUND_TIMES: Final = """
SELECT k.tenant, 'round_times', count(*) FILTER (WHERE h.whole), count(*),
    (array_agg(k.id ORDER BY k.id) FILTER (WHERE h.whole))[1:@shown], ''
  FROM sites s JOIN tickets k ON k.tenant = s.path COLLATE "C" AND k.late AND k.day BETWEEN :first AND :last
  CROSS JOIN LATERAL (SELECT extract(epoch FROM k.came_at)::bigint % 3600 = 0 AS whole) h
  GROUP BY 1 HAVING bool_or(h.whole)"""

_ROUND_COUNTS: Final = """
SELECT t.tenant, 'round_counts', count(*) FILTER (WHERE t.n % 10 = 0), count(*), NULL::uuid[], '' FROM (
    SELECT k.tenant, k.day, count(*) AS n
    FROM sites s JOIN tickets k ON k.tenant = s.path COLLATE "C" AND k.day BETWEEN :first AND :last
    GROUP BY 1, 2 HAVING count(*) >= 10) t
  GROUP BY 1 HAVING count(*) FILTER (WHERE t.n % 10 = 0) > 0"""

_DENIED: Final = """
SELECT c.tenant, 'denied', count(*) FILTER (WHERE c.outcome = 'denied'), count(*),
    (array_agg(c.id ORDER BY c.id) FILTER (WHERE c.outcome = 'denied'))[1:@shown], ''
  FROM sites s JOIN call_backs c ON c.tenant = s.path COLLATE "C" AND c.outcome IS NOT NULL
    AND c.done_at >= :start AND c.done_at < :end
  GROUP BY 1 HAVING bool_or(c.outcome = 'denied')"""

_QUERY: Final = _SITES + " UNION ALL ".join((_ENTRIES, _PHONES, _DEVICES, _TEXTS, _ROUND_TIMES, _ROUND_COUNTS, _DENIED))
_SIGNS: Final = sa.text(said(_QUERY, {"@shown": str(SHOWN), "::": r"\:\:"}))


async def suspects(uow: UnitOfWork, top: TenantPath, *, first: date, last: date) -> list[Suspect]:
    """Return the sites at and below a place whose records of the days say that somebody should look, most hints first.

    Two queries more than the sites themselves. Raises Invalid for a period that is upside down or longer than 93 days.
    """
    if last < first or (last - first).days >= MOST_DAYS:
        raise Invalid([Fault("last", f"时间段不对：最多 {MOST_DAYS} 天，最后一天不能早于第一天。", "range")])
    sites = {place.path: place for place in await open_sites(uow, top)}
    if not sites:
        return []
    limits = await thresholds(uow, "suspicion.")
    rows = await uow.execute(_SIGNS, _bound(list(sites.values()), limits, first, last))
    found: dict[str, list[Hint]] = {}
    for row in rows:
        hint = _judged(limits, row, days=(last - first).days + 1)
        if hint is not None:
            found.setdefault(row.tenant, []).append(hint)
    told = [
        Suspect(path=path, name=sites[path].name, hints=sorted(hints, key=lambda h: (-h.n, h.key)))
        for path, hints in found.items()
    ]
    return sorted(told, key=lambda s: (-len(s.hints), s.path))


def _bound(sites: list[Place], limits: Thresholds, first: date, last: date) -> dict[str, Any]:
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    lists = {name: [limits.whole(s.path, key) for s in sites] for name, key in _COLUMNS.items()}
    return {"paths": [s.path for s in sites], "start": start, "end": end, "first": first, "last": last, **lists}


_SHARES: Final = {
    "night": "suspicion.night_share", "month_end": "suspicion.month_end_share", "late": "suspicion.late_share",
    "round_times": "suspicion.round_share", "round_counts": "suspicion.round_share", "denied": "suspicion.denied_share",
}  # fmt: skip
_LEAST: Final = {"round_counts": "suspicion.round_days", "denied": "suspicion.denied_least"}
"""How many there must be of the thing itself; elsewhere there must be enough entries to speak of a share."""
_NUMBERS: Final = {
    "phone": "suspicion.phone_persons",
    "device": "suspicion.device_persons",
    "text": "suspicion.same_text",
}


def _judged(limits: Thresholds, row: Any, *, days: int) -> Hint | None:
    """Return the hint that a sign gives, or None below the place's limits."""
    key, path = row.key, row.tenant
    if key in _NUMBERS:
        parameter = _NUMBERS[key]
        limit = float(limits.whole(path, parameter))
    else:
        parameter = _SHARES[key]
        limit = float(limits.decimal(path, parameter))
        enough = (
            row.n >= limits.whole(path, _LEAST[key])
            if key in _LEAST
            else row.of >= limits.whole(path, "suspicion.min_entries")
        )
        if not enough or row.n * 100 < limit * row.of or (key == "month_end" and days < _LEAST_DAYS):
            return None
    words = _WORDS[key].format(
        n=row.n, of=row.of, limit=f"{limit:g}", share=round(row.n * 100 / row.of),
        night_from=_clock(limits.whole(path, "suspicion.night_from")), night_to=_clock(limits.whole(path, "suspicion.night_to")),
        month_end_days=limits.whole(path, "suspicion.month_end_days"),
        late_hours=limits.whole(path, "suspicion.late_after") // 3600,
    )  # fmt: skip
    table = row.source or _TABLES[key]
    return Hint(
        key=key, label=LABELS[key], words=words, n=row.n, of=row.of, limit=limit, parameter=parameter,
        records=[Record(table=table, words=_RECORDS[table], id=record) for record in row.ids or []],
    )  # fmt: skip


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
