"""Where the lines of each ledger come from: queries over what happened, one a kind of event. A further slice adds its own here.

A source gives tenant, code (trace code), happened_at, written_at, subject, who, what, place, n, note, trades (codes), pay_fen,
pay_unit, filled and wanted (fields of a complete line, R095), corrects and reason (lines by hand). `@in` says that an instant
lies in the period asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linggong.ledgers.codes import BY_HAND, LEDGERS

COLUMNS: Final = (
    "tenant", "code", "happened_at", "written_at", "subject", "who", "what", "place", "n", "note", "trades", "pay_fen", "pay_unit",
    "filled", "wanted", "corrects", "reason",
)  # fmt: skip
_NO_HAND: Final = "cast(NULL AS uuid), ''"
_NO_PAY: Final = "cast(NULL AS bigint), ''"
_CODE: Final = "upper(right(replace(cast(e.id AS text), '-', ''), 10))"
_WHEN: Final = "e.occurred_at, e.recorded_at"
_IN: Final = "e.occurred_at >= :since AND e.occurred_at < :until"
_ONCE: Final = "NOT EXISTS (SELECT FROM events earlier WHERE earlier.subject_id = e.subject_id AND earlier.type = e.type AND earlier.n < e.n)"
"""A post that was returned and handed in again is one line."""

_ORDER: Final = f"""
SELECT e.tenant, o.trace_code, {_WHEN}, o.id, o.employer_name, o.title, o.place, cast(o.headcount AS bigint), o.source_channel,
  jsonb_build_array(o.trade_code), o.pay_fen, o.pay_unit,
  6 + cast(o.division_code IS NOT NULL AS int), 7, {_NO_HAND}
FROM events e JOIN orders o ON o.id = e.subject_id
WHERE e.type = '@type' AND {_IN} AND {_ONCE}"""  # noqa: S608 - our own words
"""R045: trade, number, place, time, pay and settlement, contact are asked for by the form itself; the community's code may lack."""

_PERSON: Final = f"""
SELECT e.tenant, {_CODE}, {_WHEN}, e.person_id, coalesce(p.name, ''),
  CASE WHEN e.type = 'ticket.taken' THEN '签到等活' WHEN e.type = 'person.linked' THEN '老熟人归站' ELSE '新登记' END
    || CASE e.channel WHEN 'desk' THEN '（窗口）' WHEN 'kiosk' THEN '（自助机）' WHEN 'offline' THEN '（断网补录）' ELSE '' END,
  '', cast(1 AS bigint), '', coalesce(w.trades, cast('[]' AS jsonb)), {_NO_PAY},
  CASE WHEN w.person_id IS NULL THEN 5 ELSE cast(p.verified_level >= 2 AS int) + cast(jsonb_array_length(w.trades) > 0 AS int)
    + cast(w.pay_fen > 0 AS int) + cast(p.home_division_code IS NOT NULL AS int) + 1 END, 5, {_NO_HAND}
FROM events e LEFT JOIN persons p ON p.id = e.person_id LEFT JOIN workers w ON w.person_id = e.person_id
WHERE e.type = ANY (cast('{{@types}}' AS text[])) AND e.person_id IS NOT NULL AND {_IN}
  AND coalesce(cast(e.body AS jsonb) ->> 'as', '') <> 'employer'"""  # noqa: S608
"""R046: identity seen, trades, what he wants to earn, where he lives, skill (which may be none). Whom the reader no longer serves counts
as complete: nobody may look. Who is registered as an employer, or for one, offers no labour."""

_MATCH: Final = f"""
SELECT e.tenant, o.trace_code || '-' || {_CODE}, {_WHEN}, g.id, g.worker_name, o.title, o.place, cast(1 AS bigint), o.employer_name,
  jsonb_build_array(o.trade_code), o.pay_fen, o.pay_unit,
  cast(g.worker_confirmed_at IS NOT NULL AS int) + cast(g.employer_confirmed_at IS NOT NULL AS int) + cast(g.terms_version IS NOT NULL AS int), 3,
  {_NO_HAND}
FROM events e JOIN engagements g ON g.id = e.subject_id JOIN orders o ON o.id = g.order_id
WHERE e.type = 'engagement.confirmed' AND {_IN}"""  # noqa: S608

_HARDSHIP: Final = f"""
SELECT e.tenant, {_CODE}, {_WHEN}, e.person_id, coalesce(p.name, ''), '登记困难情况，列入优先', '', cast(1 AS bigint), '找活时优先安排',
  cast('[]' AS jsonb), {_NO_PAY}, 3, 3, {_NO_HAND}
FROM events e LEFT JOIN persons p ON p.id = e.person_id
WHERE e.type = 'priority.noted' AND {_IN}"""  # noqa: S608
"""Which hardship it is stands in no ledger (R052)."""

_SHOWN: Final = (
    "cast(EXISTS (SELECT FROM evidence_photos x WHERE x.about = '@about' AND x.subject_id = @row.id) AS int)"
)
_BRIEFING: Final = f"""
SELECT b.tenant, b.trace_code, b.happened_at, b.written_at, b.id, '', b.topic, b.place, cast(b.audience AS bigint), '主讲：' || b.speaker,
  cast('[]' AS jsonb), {_NO_PAY}, 3 + {_SHOWN.replace("@about", "briefing").replace("@row", "b")}, 4, {_NO_HAND}
FROM briefings b WHERE b.happened_at >= :since AND b.happened_at < :until"""  # noqa: S608
"""R086: date, place, topic, audience, and the photo."""

_CALLED: Final = """coalesce(nullif(@row.employer_name, ''), CASE WHEN f.kind = 'individual' THEN left(f.name, 1) || '**' ELSE f.name END, '登记过的雇主')"""
_HOW: Final = """CASE v.channel WHEN 'visit' THEN '上门走访' WHEN 'call' THEN '打电话' WHEN 'survey' THEN '发问卷' WHEN 'agency' THEN '对接劳务中介'
    ELSE '在线征集' END"""
_VISIT: Final = f"""
SELECT v.tenant, v.trace_code, v.happened_at, v.written_at, v.id, {_CALLED.replace("@row", "v")}, {_HOW} || '：' || v.needs, v.place,
  cast(coalesce(v.headcount, 0) AS bigint), v.outcome,
  CASE WHEN v.trade_code IS NULL OR v.outcome <> '' THEN cast('[]' AS jsonb) ELSE jsonb_build_array(v.trade_code) END, {_NO_PAY},
  1 + cast(v.needs <> '' AS int) + cast(v.place <> '' AS int), 3, {_NO_HAND}
FROM visits v LEFT JOIN employers f ON f.id = v.employer_id
WHERE v.happened_at >= :since AND v.happened_at < :until"""  # noqa: S608
"""R087, R089: whom, where, what he needs; what the promised follow-up came to stands beside it."""

_GUIDANCE: Final = f"""
SELECT v.tenant, v.trace_code, v.happened_at, v.written_at, v.id, coalesce(CASE WHEN f.kind = 'individual' THEN left(f.name, 1) || '**' ELSE f.name END, '登记过的雇主'),
  CASE v.kind WHEN 'warning' THEN '书面提醒：' ELSE '用工指导：' END || v.words, '', cast(0 AS bigint), v.checked_words, cast('[]' AS jsonb), {_NO_PAY},
  3, 3, {_NO_HAND}
FROM employer_guidance v LEFT JOIN employers f ON f.id = v.employer_id
WHERE v.happened_at >= :since AND v.happened_at < :until"""  # noqa: S608

_NOBODYS: Final = "cast('[]' AS jsonb), cast(NULL AS bigint), ''"
_CONSULTING: Final = f"""
SELECT s.tenant, s.trace_code, s.happened_at, s.created_at, s.id, coalesce(nullif(s.name, ''), p.name, ''), s.words, '', cast(1 AS bigint), s.outcome,
  {_NOBODYS}, 1 + cast(s.words <> '' AS int) + cast(s.outcome <> '' OR s.state NOT IN ('done', 'withdrawn') AS int), 3, {_NO_HAND}
FROM service_entries s LEFT JOIN persons p ON p.id = s.worker_id
WHERE s.code = 'zixun' AND s.happened_at >= :since AND s.happened_at < :until"""  # noqa: S608
_HELP: Final = f"""
SELECT h.tenant, c.trace_code || '-' || upper(right(replace(cast(h.id AS text), '-', ''), 6)), h.happened_at, h.created_at, c.id,
  coalesce(nullif(c.name, ''), p.name, ''), c.topic, '', cast(1 AS bigint), concat_ws('，', nullif(h.words, ''),
    CASE WHEN h.amount_fen IS NULL THEN NULL ELSE trim(to_char(h.amount_fen / 100.0, '999999990.00')) || ' 元' END, nullif(h.paper, '')),
  {_NOBODYS}, @filled, {_NO_HAND}
FROM help_notes h JOIN help_cases c ON c.id = h.help_id LEFT JOIN persons p ON p.id = c.worker_id
WHERE @which AND h.happened_at >= :since AND h.happened_at < :until"""  # noqa: S608
_TOLD: Final = ("@filled", "1 + cast(c.topic <> '' AS int) + cast(h.words <> '' AS int), 3")
_PAID: Final = (
    "@filled",
    "1 + cast(c.topic <> '' AS int) + cast(h.amount_fen IS NOT NULL AS int) + cast(h.paper <> '' AS int), 4",
)
"""R093: a start-up that got its subsidy has the sum and the paper that grants it."""

_BY_HAND: Final = """
SELECT h.tenant, h.code, h.happened_at, h.written_at, h.id, h.who, h.what, h.place, cast(h.n AS bigint), h.note, cast('[]' AS jsonb),
  cast(NULL AS bigint), '', h.filled, h.wanted, h.corrects, h.reason
FROM ledger_entries h
WHERE h.ledger = '@ledger' AND h.happened_at >= :since AND h.happened_at < :until
  AND NOT EXISTS (SELECT FROM ledger_entries later WHERE later.corrects = h.id)"""
"""A line that was corrected is not counted twice: the one that corrects it stands for both."""

_ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "briefing": (_BRIEFING,),
    "demand": (_ORDER.replace("@type", "order.submitted"), _VISIT + " AND v.headcount IS NOT NULL"),
    "officer": (_VISIT, _GUIDANCE),
    "supply": (_PERSON.replace("@types", "person.registered,person.linked,ticket.taken"),),
    "matching": (_MATCH,),
    "seekers": (_PERSON.replace("@types", "person.registered,person.linked"),),
    "posts": (_ORDER.replace("@type", "order.published"),),
    "consulting": (_CONSULTING,),
    "startup": (_HELP.replace(*_TOLD).replace("@which", "h.stage = 'consult'"),),
    "startup_done": (_HELP.replace(*_PAID).replace("@which", "h.stage = 'subsidy'"),),
    "hardship": (_HARDSHIP, _HELP.replace(*_TOLD).replace("@which", "c.kind = 'hardship'")),
}


def _whole(code: str) -> str:
    parts = [*_ALWAYS.get(code, ())]
    if code in BY_HAND:
        parts.append(_BY_HAND.replace("@ledger", code))
    return " UNION ALL ".join(parts)


LINES: Final[Mapping[str, str]] = MappingProxyType({code: _whole(code) for code in LEDGERS})
"""The query of each ledger."""
