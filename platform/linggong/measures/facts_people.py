"""Facts of people: who was there for work on a day, who is registered, and by whose hand."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, of_workers, said

_TERMS: Final = {
    "@link_day": "(l.started_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@end_day": "(l.ends_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@first": """NOT EXISTS (SELECT FROM service_links x WHERE x.subject_id = l.subject_id
        AND x.kind = 'registered' AND (x.started_at, x.id) < (l.started_at, l.id))""",
}
"""Whoever is registered at two places counts at the first: a city counts him once."""

_AVAILABLE: Final = """
SELECT k.tenant, k.day, 'avail.person', k.trade_code, @group, k.worker_id::text, count(*)
  FROM (SELECT t.tenant, t.day, coalesce(t.trades ->> 0, w.trades ->> 0, '') AS trade_code, t.person_id AS worker_id
      FROM pairs JOIN tickets t ON t.tenant = pairs.tenant AND t.day = pairs.day LEFT JOIN workers w ON w.person_id = t.person_id
      WHERE t.person_id IS NOT NULL
    UNION ALL SELECT s.tenant, s.work_date, o.trade_code, e.worker_id
      FROM pairs JOIN shifts s ON s.tenant = pairs.tenant AND s.work_date = pairs.day JOIN orders o ON o.id = s.order_id
      JOIN engagements e ON e.order_id = s.order_id WHERE e.source = 'applied' OR e.worker_confirmed_at IS NOT NULL) k
  GROUP BY 1, 2, 4, 5, 6"""

_REGISTERED: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, '', count(*)
  FROM (SELECT k.*, @group AS grp
    FROM (SELECT l.tenant, l.day, l.subject_id AS worker_id, coalesce(w.trades ->> 0, '') AS trade_code,
        p.registered_channel NOT IN ('self', 'kiosk') AS by_others, l.opened, NOT l.opened AS closed
      FROM (SELECT l.*, pairs.day, true AS opened
          FROM pairs JOIN service_links l ON l.tenant = pairs.tenant AND @link_day = pairs.day WHERE l.kind = 'registered'
        UNION ALL SELECT l.*, pairs.day, false
          FROM pairs JOIN service_links l ON l.tenant = pairs.tenant AND @end_day = pairs.day WHERE l.kind = 'registered') l
      JOIN workers w ON w.person_id = l.subject_id JOIN persons p ON p.id = l.subject_id WHERE @first) k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES ('seek.opened', k.opened), ('seek.closed', k.closed), ('register.proxy', k.opened AND k.by_others))
    v (component, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5"""

_OF_LINKS: Final = """SELECT l.tenant, t.day FROM @rows r JOIN service_links l ON l.subject_id = x.worker_id AND l.kind = 'registered'
  CROSS JOIN LATERAL (VALUES (@link_day), (@end_day)) t (day)"""
_ITS_DAYS: Final = "SELECT l.tenant, @link_day FROM @rows l WHERE l.kind = 'registered'"
_ITS_ENDS: Final = "SELECT l.tenant, @end_day FROM @rows l WHERE l.kind = 'registered'"

PEOPLE: Final = Subject(
    "people",
    (_AVAILABLE, said(_REGISTERED, _TERMS)),
    (
        Follow("tickets", "SELECT t.tenant, t.day FROM @rows t", whole=True),
        Follow("workers", "SELECT t.tenant, t.day FROM @rows r JOIN tickets t ON t.person_id = r.person_id"),
        Follow("shifts", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("orders", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.id"),
        Follow("engagements", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.order_id"),
        *of_workers("SELECT t.tenant, t.day FROM @rows r JOIN tickets t ON t.person_id = x.worker_id"),
        *of_workers(
            "SELECT s.tenant, s.work_date FROM @rows r JOIN engagements e ON e.worker_id = x.worker_id JOIN shifts s ON s.order_id = e.order_id"
        ),
        Follow("service_links", said(_ITS_DAYS, _TERMS), whole=True),
        Follow("service_links", said(_ITS_ENDS, _TERMS), whole=True),
        Follow(
            "service_links", said(_OF_LINKS, _TERMS | {"x.worker_id": "r.subject_id"}) + " WHERE r.kind = 'registered'"
        ),
        Follow("workers", said(_OF_LINKS, _TERMS | {"x.worker_id": "r.person_id"})),
        *of_workers(said(_OF_LINKS, _TERMS)),
    ),
)
