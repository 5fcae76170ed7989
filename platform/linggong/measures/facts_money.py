"""Facts of the money: bills by the day on which they are due, and what an hour of work brought by the day of the work."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, of_workers

_BILLS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, sum(v.amount)::bigint
  FROM (SELECT k.*, @group AS grp
    FROM (SELECT b.*, pairs.day, o.trade_code
      FROM pairs JOIN bills b ON b.tenant = pairs.tenant AND @due_day = pairs.day JOIN orders o ON o.id = b.order_id
      WHERE b.total_fen > 0) k OFFSET 0) k
  CROSS JOIN LATERAL (SELECT k.*) b
  CROSS JOIN LATERAL (VALUES
    ('bills.due', '', 1, true),
    ('bills.confirmed', '', 1, b.settled_at <= b.due_at AND b.settled_by = 'confirmed'),
    ('bills.evidence', '', 1, b.settled_by = 'evidence' AND b.wage_state = 'W_PAID'),
    ('bills.claimed', '', 1, b.state = 'CLAIMED'),
    ('due.fen', '', b.total_fen, true), ('late.fen', '', b.total_fen - b.paid_fen, @late),
    ('due.person', b.worker_id::text, 1, true), ('late.person', b.worker_id::text, 1, @late),
    ('due.employer', b.employer_id::text, 1, true)
  ) v (component, key, amount, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_WAGES: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, count(*)
  FROM (SELECT k.*, @group AS grp FROM (SELECT a.tenant, a.work_date AS day, o.trade_code, b.id, b.worker_id, b.employer_id, b.total_fen,
      floor(extract(epoch FROM a.ends_at - a.starts_at) / 60)::bigint - s.meal_minutes AS minutes
    FROM pairs JOIN assignments a ON a.tenant = pairs.tenant AND a.work_date = pairs.day
    JOIN bills b ON b.assignment_id = a.id JOIN shifts s ON s.id = a.shift_id JOIN orders o ON o.id = a.order_id
    WHERE b.state = 'SETTLED' AND b.cause = 'work') k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES
    ('wage.hour', (k.total_fen * 60 / nullif(k.minutes, 0))::text),
    ('wage.person', k.worker_id::text), ('wage.employer', k.employer_id::text)
  ) v (component, key)
  WHERE k.minutes > 0 GROUP BY 1, 2, 3, 4, 5, 6"""

MONEY: Final = Subject(
    "money",
    (_BILLS, _WAGES),
    (
        Follow("bills", "SELECT b.tenant, @due_day FROM @rows b", whole=True),
        Follow("bills", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.id = r.assignment_id"),
        Follow("assignments", "SELECT r.tenant, r.work_date FROM @rows r"),
        Follow("shifts", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.shift_id = r.id"),
        Follow("orders", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.order_id = r.id"),
        Follow("orders", "SELECT b.tenant, @due_day FROM @rows r JOIN bills b ON b.order_id = r.id"),
        *of_workers("SELECT b.tenant, @due_day FROM @rows r JOIN bills b ON b.worker_id = x.worker_id"),
        *of_workers("SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.worker_id = x.worker_id"),
    ),
)
