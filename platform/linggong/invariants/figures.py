"""Invariant 14: the figures that bureaus read are those that the events give, for each place and day."""

from __future__ import annotations

from typing import Final

from linggong.insight.behind import ARRIVED, HELD
from linggong.invariants.rules import Connection, Violation

_MOVES: Final = """
WITH told AS MATERIALIZED (
  SELECT chain, n, recorded_at, body::jsonb AS body FROM events
  WHERE chain LIKE 'order:%' AND (body LIKE '%"machine"%' OR body LIKE '%"moved"%')
), moves AS MATERIALIZED (
  SELECT n, 0 AS k, recorded_at, body ->> 'machine' AS machine, body ->> 'subject' AS id, body ->> 'from' AS source,
         body ->> 'to' AS target FROM told WHERE body ->> 'machine' IN ('assignment', 'bill')
  UNION ALL
  SELECT n, m.k::int, recorded_at, m.one ->> 0, m.one ->> 1, m.one ->> 2, m.one ->> 3
  FROM told CROSS JOIN LATERAL jsonb_array_elements(coalesce(body -> 'moved', '[]')) WITH ORDINALITY AS m (one, k)
  WHERE m.one ->> 0 IN ('assignment', 'bill')
)
"""
_SHIFTS: Final = (
    _MOVES  # noqa: S608 - constants
    + """
, last AS (SELECT DISTINCT ON (id) id, target FROM moves WHERE machine = 'assignment' ORDER BY id, n DESC, k DESC)
SELECT a.tenant || ' ' || a.work_date AS place,
       ARRAY[count(*) FILTER (WHERE a.state = ANY ($1)), count(*) FILTER (WHERE a.state = ANY ($2)),
             count(*) FILTER (WHERE a.state = 'A_ACCEPTED')] AS stored,
       ARRAY[count(*) FILTER (WHERE l.target = ANY ($1)), count(*) FILTER (WHERE l.target = ANY ($2)),
             count(*) FILTER (WHERE l.target = 'A_ACCEPTED')] AS told
FROM assignments a JOIN last l ON l.id = a.id::text
GROUP BY a.tenant, a.work_date
"""
)
"""M03 confirmed, M04 arrived, M07 completed: as the overview counts them, and by the last word about each shift."""
_BILLS: Final = (
    _MOVES  # noqa: S608 - constants
    + """
, last AS (SELECT DISTINCT ON (id) id, target FROM moves WHERE machine = 'bill' ORDER BY id, n DESC, k DESC),
  settled AS (SELECT id, max(recorded_at) AS at FROM moves
              WHERE machine = 'bill' AND target = 'SETTLED' AND source <> 'SETTLED' GROUP BY id)
SELECT b.tenant || ' ' || (b.due_at AT TIME ZONE 'Asia/Shanghai')::date AS place,
       ARRAY[count(*) FILTER (WHERE b.state = 'SETTLED'), count(*) FILTER (WHERE b.settled_at <= b.due_at)] AS stored,
       ARRAY[count(*) FILTER (WHERE l.target = 'SETTLED'),
             count(*) FILTER (WHERE l.target = 'SETTLED' AND s.at <= b.due_at)] AS told
FROM bills b JOIN last l ON l.id = b.id::text LEFT JOIN settled s ON s.id = l.id
GROUP BY 1
"""
)
"""M12 settled and settled on time: by the bill's own columns, and by when its last settling was told."""


async def figures(connection: Connection) -> list[Violation]:
    """Reckon the overview's figures from the events and compare. What no event tells of is rule 12's to find."""
    shifts = await connection.fetch(_SHIFTS, list(HELD), list(ARRIVED))
    bills = await connection.fetch(_BILLS)
    return [
        Violation("14", f"figures/{what} {row['place']}", f"counted {row['stored']}, the events give {row['told']}")
        for what, rows in (("shifts", shifts), ("bills", bills))
        for row in rows
        if row["stored"] != row["told"]
    ]
