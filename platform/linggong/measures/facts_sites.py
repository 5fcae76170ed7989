"""Facts of stations by day: signs that they were open, whom they served, what came of it, how soon and how well it was entered (M19)."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, said

_DAY: Final = "(%s AT TIME ZONE 'Asia/Shanghai')::date"
_TERMS: Final = {
    "@linked_day": _DAY % "l.started_at",
    "@engaged_day": _DAY % "e.created_at",
    "@written_day": _DAY % "o.created_at",
}

_OPEN: Final = """
SELECT d.tenant, d.day, 'open.' || d.sign, '', '',
    (extract(hour FROM t.at) * 60 + extract(minute FROM t.at))::bigint::text, 1::bigint
  FROM pairs JOIN site_days d ON d.tenant = pairs.tenant AND d.day = pairs.day AND d.sign IN ('clerk', 'beat', 'deed')
  CROSS JOIN LATERAL (SELECT d.first_at AT TIME ZONE 'Asia/Shanghai' AS at) t"""

_ENTRIES: Final = """
SELECT d.tenant, d.day, 'entered.' || d.sign, '', '', '', d.n::bigint
  FROM pairs JOIN site_days d ON d.tenant = pairs.tenant AND d.day = pairs.day AND d.sign IN ('entries', 'timely')"""

_SERVED: Final = """
SELECT s.tenant, s.day, 'served.person', '', '', s.who::text, 1::bigint FROM (
    SELECT pairs.tenant, pairs.day, k.person_id FROM pairs
      JOIN tickets k ON k.tenant = pairs.tenant AND k.day = pairs.day AND k.person_id IS NOT NULL
    UNION SELECT pairs.tenant, pairs.day, l.subject_id FROM pairs
      JOIN service_links l ON l.tenant = pairs.tenant AND @linked_day = pairs.day AND l.kind = 'registered'
      JOIN workers w ON w.person_id = l.subject_id
    UNION SELECT pairs.tenant, pairs.day, e.worker_id FROM pairs
      JOIN engagements e ON e.via = pairs.tenant AND @engaged_day = pairs.day AND e.entered_by IS NOT NULL
  ) s (tenant, day, who)"""

_DONE: Final = """
SELECT s.tenant, s.day, 'site.completed', '', '', '', count(*) FROM (
    SELECT pairs.tenant, pairs.day, a.id FROM pairs
      JOIN assignments a ON a.tenant = pairs.tenant AND a.work_date = pairs.day AND a.state = 'A_ACCEPTED'
    UNION SELECT pairs.tenant, pairs.day, a.id FROM pairs
      JOIN assignments a ON a.via = pairs.tenant AND a.work_date = pairs.day AND a.state = 'A_ACCEPTED'
  ) s (tenant, day, id) GROUP BY 1, 2"""

_QUALITY: Final = """
SELECT s.tenant, s.day, v.component, '', '', '', count(*) FROM (
    SELECT pairs.tenant, pairs.day, p.verified_level >= 2 AND jsonb_array_length(w.trades) > 0 FROM pairs
      JOIN service_links l ON l.tenant = pairs.tenant AND @linked_day = pairs.day AND l.kind = 'registered'
      JOIN workers w ON w.person_id = l.subject_id JOIN persons p ON p.id = l.subject_id
    UNION ALL SELECT pairs.tenant, pairs.day, o.state <> 'O_TAKENDOWN' AND o.latitude IS NOT NULL AND o.findings = '[]'::jsonb
      FROM pairs JOIN orders o ON o.tenant = pairs.tenant AND @written_day = pairs.day AND o.created_by_kind = 'staff'
  ) s (tenant, day, good)
  CROSS JOIN LATERAL (VALUES ('quality.records', true), ('quality.good', s.good)) v (component, holds)
  WHERE v.holds GROUP BY 1, 2, 3"""

_OF_PERSON: Final = (
    "SELECT l.tenant, @linked_day FROM @rows r JOIN service_links l ON l.subject_id = r.@key AND l.kind = 'registered'"
)


def _follow(table: str, days: str, *, whole: bool = False) -> Follow:
    return Follow(table, said(days, _TERMS), whole=whole)


SITES: Final = Subject(
    "sites",
    tuple(said(query, _TERMS) for query in (_OPEN, _ENTRIES, _SERVED, _DONE, _QUALITY)),
    (
        _follow("site_days", "SELECT r.tenant, r.day FROM @rows r", whole=True),
        _follow("tickets", "SELECT r.tenant, r.day FROM @rows r", whole=True),
        _follow("service_links", "SELECT l.tenant, @linked_day FROM @rows l WHERE l.kind = 'registered'", whole=True),
        _follow("engagements", "SELECT e.via, @engaged_day FROM @rows e WHERE e.entered_by IS NOT NULL", whole=True),
        _follow("assignments", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        _follow("assignments", "SELECT r.via, r.work_date FROM @rows r", whole=True),
        _follow("orders", "SELECT o.tenant, @written_day FROM @rows o WHERE o.created_by_kind = 'staff'", whole=True),
        _follow("persons", _OF_PERSON.replace("@key", "id")),
        _follow("workers", _OF_PERSON.replace("@key", "person_id")),
    ),
)
