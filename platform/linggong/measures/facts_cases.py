"""Facts of cases by the day on which they were opened: how fast and how well they were served, and what money came of them (M14)."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, of_workers, said

_TERMS: Final = {"@opened_day": "(c.created_at AT TIME ZONE 'Asia/Shanghai')::date"}

_CASES: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, '', sum(v.amount)::bigint
  FROM (SELECT k.*, @group AS grp
    FROM (SELECT c.*, pairs.day, coalesce(o.trade_code, '') AS trade_code
      FROM pairs JOIN cases c ON c.tenant = pairs.tenant AND @opened_day = pairs.day LEFT JOIN orders o ON o.id = c.order_id) k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES
    ('cases', 1, true), ('cases.accepted', 1, NOT k.breaches @> '["ack"]'),
    ('cases.closed', 1, k.resolved_at IS NOT NULL),
    ('cases.in_time', 1, k.resolved_at IS NOT NULL AND NOT k.breaches @> '["close"]'),
    ('cases.asked', 1, k.worker_stars IS NOT NULL AND k.employer_stars IS NOT NULL),
    ('cases.content', 1, k.worker_stars >= 4 AND k.employer_stars >= 4), ('cases.reopened', 1, k.reopened > 0),
    ('cases.fen', k.settled_fen, k.settled_fen > 0 AND k.asks IN ('unpaid', 'more'))
  ) v (component, amount, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5"""

CASES: Final = Subject(
    "cases",
    (said(_CASES, _TERMS),),
    (
        Follow("cases", said("SELECT c.tenant, @opened_day FROM @rows c", _TERMS), whole=True),
        Follow("orders", said("SELECT c.tenant, @opened_day FROM @rows o JOIN cases c ON c.order_id = o.id", _TERMS)),
        *of_workers(
            said("SELECT c.tenant, @opened_day FROM @rows r JOIN cases c ON c.worker_id = x.worker_id", _TERMS)
        ),
    ),
)
