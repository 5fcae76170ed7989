"""Facts of the posts: how fast one was filled, what became of it, how long a check took, and the demand that it stands for."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, said

_TERMS: Final = {
    "@over_day": """(greatest(o.published_at, least(o.ends_at, coalesce(o.closed_at, o.ends_at)))
        AT TIME ZONE 'Asia/Shanghai')::date""",
    "@lifted": """EXISTS (SELECT FROM credit_entries c WHERE c.subject_id = o.id AND c.reason = 'false_post'
        AND c.state = 'K_LIFTED')""",
    "@five": "((s.work_date + time '05:00') AT TIME ZONE 'Asia/Shanghai')",
}
"""A post is over with its last shift, or when it was closed before."""

_FILLING: Final = """
SELECT t.tenant, t.day, v.component, t.trade_code, '', v.key, count(*)
  FROM (SELECT o.tenant, pairs.day, o.trade_code, o.id,
      (SELECT floor(extract(epoch FROM c.confirmed_at - o.published_at) / 60)::bigint FROM engagements c
        WHERE c.order_id = o.id AND c.confirmed_at IS NOT NULL ORDER BY c.confirmed_at LIMIT 1) AS soonest,
      (SELECT floor(extract(epoch FROM c.confirmed_at - o.published_at) / 60)::bigint FROM engagements c
        WHERE c.order_id = o.id AND c.confirmed_at IS NOT NULL ORDER BY c.confirmed_at OFFSET o.headcount - 1 LIMIT 1) AS full_at
    FROM pairs JOIN orders o ON o.tenant = pairs.tenant AND @published_day = pairs.day
    WHERE @counts) t
  CROSS JOIN LATERAL (VALUES
    (CASE WHEN t.soonest IS NULL THEN 'first.none' ELSE 'first.minutes' END, coalesce(t.soonest::text, '')),
    (CASE WHEN t.full_at IS NULL THEN 'fill.none' ELSE 'fill.minutes' END, coalesce(t.full_at::text, '')),
    ('posts', '')
  ) v (component, key)
  GROUP BY 1, 2, 3, 4, 6"""

_BECAME: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, '', v.key, count(*)
  FROM (SELECT o.tenant, pairs.day, o.trade_code, o.id, o.state = 'O_TAKENDOWN' AND NOT @lifted AS untrue,
      o.state = 'O_EXPIRED' AND o.end_reason = 'not_refreshed' AS stale,
      floor(extract(epoch FROM o.published_at - o.submitted_at) / 60)::bigint AS minutes
    FROM pairs JOIN orders o ON o.tenant = pairs.tenant AND @published_day = pairs.day) k
  CROSS JOIN LATERAL (VALUES ('published', '', true), ('untrue', '', k.untrue), ('stale', '', k.stale),
    ('check.minutes', k.minutes::text, k.minutes >= 0)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 6"""

_DEMAND: Final = """
SELECT k.tenant, k.day, k.component, k.trade_code, '', '', sum(k.headcount)::bigint
  FROM (SELECT o.tenant, pairs.day, 'demand.opened' AS component, o.trade_code, o.headcount
      FROM pairs JOIN orders o ON o.tenant = pairs.tenant AND @published_day = pairs.day WHERE @counts
    UNION ALL SELECT o.tenant, pairs.day, 'demand.closed', o.trade_code, o.headcount
      FROM pairs JOIN orders o ON o.tenant = pairs.tenant AND @over_day = pairs.day WHERE @counts) k
  GROUP BY 1, 2, 3, 4"""

_AT_FIVE: Final = """
SELECT k.tenant, k.day, 'wanted.five', k.trade_code, '', '', sum(k.places)::bigint
  FROM (SELECT s.tenant, s.work_date AS day, o.trade_code, greatest(0, o.headcount - (SELECT count(*) FROM engagements e
        WHERE e.order_id = o.id AND e.confirmed_at <= @five AND (e.ended_at IS NULL OR e.ended_at > @five))) AS places
    FROM pairs JOIN shifts s ON s.tenant = pairs.tenant AND s.work_date = pairs.day JOIN orders o ON o.id = s.order_id
    WHERE @counts AND o.published_at <= @five AND (o.closed_at IS NULL OR o.closed_at > @five)) k
  WHERE k.places > 0 GROUP BY 1, 2, 4"""

POSTS: Final = Subject(
    "posts",
    (_FILLING, *(said(query, _TERMS) for query in (_BECAME, _DEMAND, _AT_FIVE))),
    (
        Follow("orders", "SELECT o.tenant, @published_day FROM @rows o WHERE o.published_at IS NOT NULL", whole=True),
        Follow(
            "orders",
            said("SELECT o.tenant, @over_day FROM @rows o WHERE o.published_at IS NOT NULL", _TERMS),
            whole=True,
        ),
        Follow("engagements", "SELECT o.tenant, @published_day FROM @rows r JOIN orders o ON o.id = r.order_id"),
        Follow("engagements", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.order_id"),
        Follow("credit_entries", "SELECT o.tenant, @published_day FROM @rows r JOIN orders o ON o.id = r.subject_id"),
        Follow("shifts", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("orders", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.id"),
    ),
)
