"""Where everything stands: ends stay ends, nothing waits for nobody, history adds up to the present (10, 11, 12, 14)."""

from __future__ import annotations

from linggong.invariants.figures import figures
from linggong.invariants.replaying import replayed
from linggong.invariants.rules import Connection, Rule, Violation

ENDS_STAY = Rule(
    id="10",
    title="终态不变",
    words="结束了的状态只能由列明的重开步骤（35、38b、59、77）改变。",
    sql=(
        """
        SELECT coalesce(e.subject_id::text, e.chain) AS row,
               format('%s from %s to %s by %s', e.type, b.j ->> 'from', b.j ->> 'to', b.j ->> 'transition') AS detail
        FROM events e CROSS JOIN LATERAL (SELECT e.body::jsonb AS j) b
        WHERE e.body LIKE '%"from":"X\\_%' AND b.j ->> 'to' IS DISTINCT FROM b.j ->> 'from'
          AND coalesce(b.j ->> 'transition', '') NOT IN ('35', '38b', '59', '77')
        """,
    ),
)

NO_DEAD_END = Rule(
    id="11",
    title="有人等",
    words="没有结束的事，要么有一个活的时限，要么有指名等着的人。",
    sql=(
        """
        SELECT 'timers/' || t.id AS row, format('%s of %s failed and its %s still waits', t.key, t.subject_id, t.region) AS detail
        FROM timers t WHERE t.state = 'failed' AND NOT EXISTS (
          SELECT FROM timers n WHERE n.subject_id = t.subject_id AND n.key = t.key AND n.created_at > t.created_at)
          AND (EXISTS (SELECT FROM orders o WHERE o.id = t.subject_id AND o.state NOT IN
                        ('O_CLOSED', 'O_ARCHIVED', 'O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN'))
            OR EXISTS (SELECT FROM engagements e WHERE e.id = t.subject_id AND e.state NOT LIKE 'X\\_%')
            OR EXISTS (SELECT FROM assignments a WHERE a.id = t.subject_id AND a.state NOT LIKE 'X\\_%' AND a.state <> 'A_ACCEPTED')
            OR EXISTS (SELECT FROM bills b WHERE b.id = t.subject_id AND b.state NOT IN ('SETTLED', 'RULED'))
            OR EXISTS (SELECT FROM payments p WHERE p.id = t.subject_id AND p.state = 'claimed'))
        """,
        """
        SELECT 'engagements/' || e.id AS row, e.state || ' and no timer lives' AS detail
        FROM engagements e WHERE e.state IN ('A_INVITED', 'A_APPLIED', 'A_WAITLIST', 'A_OFFERED')
          AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = e.id AND t.state = 'live')
        """,
        """
        SELECT 'orders/' || o.id AS row, o.state || ' and no timer lives' AS detail
        FROM orders o WHERE o.state IN ('O_REVIEW', 'O_RETURNED', 'O_OPEN', 'O_FULL')
          AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = o.id AND t.state = 'live')
        """,
        """
        SELECT 'assignments/' || a.id AS row, 'A_WORKING and no timer lives' AS detail
        FROM assignments a WHERE a.state = 'A_WORKING'
          AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = a.id AND t.state = 'live')
        """,
        """
        SELECT 'bills/' || b.id AS row, format('%s, %s and no timer lives', b.state, b.wage_state) AS detail
        FROM bills b WHERE b.state IN ('OPEN', 'CLAIMED') AND b.wage_state IN ('W_NOTDUE', 'W_DUE', 'W_GRACE', 'W_OVERDUE')
          AND b.held_fen = 0
          AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = b.id AND t.region = 'wage' AND t.state = 'live')
        """,
        """
        SELECT subject_id::text AS row, format('%s live timers of %s %s', count(*), region, key) AS detail
        FROM timers WHERE state = 'live' GROUP BY subject_id, region, key HAVING count(*) > 1
        """,
    ),
)


async def chains(connection: Connection) -> list[Violation]:
    """Hold every event against its hash chain."""
    found = await connection.fetch("SELECT * FROM audit_faults('events', NULL)")
    return [Violation("12", f"events/{row['chain']}/{row['n']}", f"{row['kind']}: {row['detail']}") for row in found]


REPLAY = Rule(
    id="12",
    title="可重放",
    words="事件重放得到同样的状态；每条链的摘要不断。",
    checks=(chains, replayed),
)

ALL_CLOSED = Rule(
    id="14",
    title="结清",
    words="已结清的单，下面的工日、工资单、案件全部办结；存下来的数和重算的一样。",
    sql=(
        """
        SELECT 'orders/' || o.id AS row, format('%s with assignment %s in %s', o.state, a.id, a.state) AS detail
        FROM orders o JOIN assignments a ON a.order_id = o.id
        WHERE o.state IN ('O_CLOSED', 'O_ARCHIVED') AND a.state <> 'A_ACCEPTED' AND a.state NOT LIKE 'X\\_%'
        """,
        """
        SELECT 'orders/' || o.id AS row, format('%s with bill %s in %s', o.state, b.id, b.state) AS detail
        FROM orders o JOIN bills b ON b.order_id = o.id WHERE o.state IN ('O_CLOSED', 'O_ARCHIVED') AND b.state NOT IN ('SETTLED', 'RULED')
        """,
        """
        SELECT 'orders/' || o.id AS row, format('%s with case %s in %s', o.state, c.id, c.state) AS detail
        FROM orders o JOIN cases c ON c.order_id = o.id
        WHERE o.state IN ('O_CLOSED', 'O_ARCHIVED')
          AND c.worker_id IS NOT NULL AND c.employer_id IS NOT NULL
          AND c.state IN ('D_OPEN', 'D_NEGOTIATING', 'D_MEDIATING', 'D_REFERRED', 'D_REOPENED')
        """,
        """
        SELECT 'orders/' || o.id AS row, format('%s with injury %s in %s', o.state, i.id, i.state) AS detail
        FROM orders o JOIN injuries i ON i.order_id = o.id WHERE o.state IN ('O_CLOSED', 'O_ARCHIVED') AND i.state <> 'I_CLOSED'
        """,
        """
        SELECT 'posting_bans/' || m.id AS row,
               format('%s overdue bills counted, there are %s', coalesce(p.bills, 0), count(b.id)) AS detail
        FROM employers m LEFT JOIN posting_bans p ON p.employer_id = m.id
        LEFT JOIN bills b ON b.employer_id = m.id AND b.wage_state IN ('W_OVERDUE', 'W_ARREARS', 'W_REFERRED')
        GROUP BY m.id, p.bills HAVING coalesce(p.bills, 0) <> count(b.id)
        """,
        """
        SELECT 'orders/' || o.id AS row, format('%s with engagement %s in %s', o.state, e.id, e.state) AS detail
        FROM orders o JOIN engagements e ON e.order_id = o.id
        WHERE o.state IN ('O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN') AND e.state NOT LIKE 'X\\_%'
          AND NOT EXISTS (SELECT FROM assignments a WHERE a.engagement_id = e.id AND a.state IN
                          ('A_ARRIVED', 'A_WORKING', 'A_PAUSED', 'A_FINISHED', 'A_ACCEPTED'))
        """,
    ),
    checks=(figures,),
)

RULES = (ENDS_STAY, NO_DEAD_END, REPLAY, ALL_CLOSED)
