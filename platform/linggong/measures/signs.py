"""Writes down what a day of a station leaves of itself, before sessions end and beats are forgotten (M19, M20)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.measures.sites import SITES

_SEEN: Final = sa.text("""
WITH sites AS MATERIALIZED (SELECT path FROM nodes WHERE kind = ANY(:kinds))
INSERT INTO site_days (id, tenant, day, sign, n, first_at)
SELECT gen_random_uuid(), s.tenant, :day, s.sign, s.n, s.at FROM (
    SELECT r.tenant, 'clerk' AS sign, count(*) AS n, min(w.created_at) AS at
      FROM web_sessions w JOIN role_assignments r ON r.staff_id = w.account_id
        AND coalesce(w.acting ->> 'assignment_id', cast(r.id AS text)) = cast(r.id AS text)
        AND r.starts_at < :end AND (r.ends_at IS NULL OR r.ends_at > :start)
      WHERE w.kind = 'staff' AND w.created_at >= :start AND w.created_at < :end GROUP BY 1
    UNION ALL SELECT b.tenant, 'beat', count(*), min(b.first_at)
      FROM sites JOIN screen_beats b ON b.tenant = sites.path AND b.hour >= :start AND b.hour < :end GROUP BY 1
    UNION ALL SELECT e.tenant, 'deed', count(*), min(e.recorded_at)
      FROM sites JOIN events e ON e.tenant = sites.path AND e.occurred_at >= :early AND e.occurred_at < :end
      WHERE e.recorded_at >= :start AND e.recorded_at < :end AND e.actor_kind = 'staff' GROUP BY 1
  ) s JOIN sites ON sites.path = s.tenant
ON CONFLICT (tenant, day, sign) DO NOTHING""")
_ENTERED: Final = sa.text("""
WITH sites AS MATERIALIZED (SELECT path FROM nodes WHERE kind = ANY(:kinds))
INSERT INTO site_days (id, tenant, day, sign, n, first_at)
SELECT gen_random_uuid(), s.tenant, :day, v.sign, v.n, s.at FROM (
    SELECT e.tenant, count(*) AS n, count(*) FILTER (WHERE e.recorded_at - e.occurred_at <= interval '24 hours') AS timely,
      min(e.recorded_at) AS at
    FROM sites JOIN events e ON e.tenant = sites.path AND e.occurred_at >= :long_ago AND e.occurred_at < :end
    WHERE e.recorded_at >= :start AND e.recorded_at < :end AND e.actor_kind = 'staff' GROUP BY 1) s
  CROSS JOIN LATERAL (VALUES ('entries', s.n), ('timely', s.timely)) v (sign, n)
  WHERE v.n > 0
ON CONFLICT (tenant, day, sign) DO NOTHING""")
_LONGEST: Final = timedelta(days=62)
"""How long after the event an entry is looked for: offline rolls are older than a day, and none is older than two months."""
_EARLY: Final = timedelta(days=3)


async def collect(uow: UnitOfWork, day: date, *, over: bool = False) -> None:
    """Note the signs of a business day that are there; `over`: the day is over, so its entries are counted for good."""
    start, end = clock.day_bounds(day)
    bound = {"kinds": list(SITES), "day": day, "start": start, "end": end}
    await uow.execute(_SEEN, bound | {"early": start - _EARLY})
    if over:
        await uow.execute(_ENTERED, bound | {"long_ago": start - _LONGEST})
