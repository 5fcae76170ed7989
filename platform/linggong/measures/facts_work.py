"""Facts of the work: what was wanted, agreed, done and left undone by the day of work; how fast a post was filled; what was said."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, of_workers, said

_TERMS: Final = {
    "@covered": """EXISTS (SELECT FROM cover_policies p WHERE p.engagement_id = a.engagement_id AND p.policy_no <> ''
        AND p.state = 'active' AND NOT p.disputed AND p.ends_at >= a.ends_at AND p.effective_at <=
        CASE WHEN e.contracted_at > a.arrived_at THEN coalesce(a.started_at, a.arrived_at) ELSE a.arrived_at END)""",
    "@waived": """EXISTS (SELECT FROM cover_waivers w
        WHERE w.engagement_id = a.engagement_id AND w.worker_at <= a.starts_at)""",
    "@contracted": "e.contracted_at IS NOT NULL AND (a.started_at IS NULL OR e.contracted_at <= a.started_at)",
    "@paid": "EXISTS (SELECT FROM bills b WHERE b.assignment_id = a.id AND b.state = 'SETTLED')",
    "@rated": "EXISTS (SELECT FROM ratings r WHERE r.engagement_id = a.engagement_id)",
}

_WANTED: Final = """
SELECT s.tenant, s.work_date, 'wanted', o.trade_code, '', '', sum(o.headcount)::bigint
  FROM pairs JOIN shifts s ON s.tenant = pairs.tenant AND s.work_date = pairs.day JOIN orders o ON o.id = s.order_id
  WHERE @counts GROUP BY 1, 2, 4"""

_SHIFTS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, count(*)
  FROM (SELECT a.*, k.day, o.trade_code, e.contracted_at, @group AS grp
    FROM pairs JOIN assignments a ON a.tenant = pairs.tenant AND a.work_date = pairs.day
    JOIN orders o ON o.id = a.order_id CROSS JOIN LATERAL (SELECT a.worker_id, a.work_date AS day) k
    JOIN engagements e ON e.id = a.engagement_id WHERE @counts) k
  CROSS JOIN LATERAL (SELECT k.*) a CROSS JOIN LATERAL (SELECT k.contracted_at) e
  CROSS JOIN LATERAL (VALUES
    ('confirmed', '', @held), ('agreed', '', @agreed), ('arrived', '', @came), ('completed', '', a.state = 'A_ACCEPTED'),
    ('missing.worker', '', a.state = 'X_NOSHOW_W'), ('missing.employer', '', a.state = 'X_NOSHOW_E'),
    ('covered', '', @came AND @covered), ('contracted', '', @came AND @contracted),
    ('looped', '', a.state = 'A_ACCEPTED' AND @contracted AND (@covered OR @waived) AND @paid AND @rated),
    ('shift.person', a.worker_id::text, @agreed), ('shift.employer', a.employer_id::text, @agreed),
    ('done.person', a.worker_id::text, a.state = 'A_ACCEPTED')
  ) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_OF_ENGAGEMENT: Final = (
    "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.engagement_id = r.engagement_id"
)

WORK: Final = Subject(
    "work",
    (_WANTED, said(_SHIFTS, _TERMS)),
    (
        Follow("shifts", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("assignments", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("orders", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.id"),
        Follow("orders", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.order_id = r.id"),
        Follow("engagements", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.engagement_id = r.id"),
        Follow("cover_policies", _OF_ENGAGEMENT),
        Follow("cover_waivers", _OF_ENGAGEMENT),
        Follow("ratings", _OF_ENGAGEMENT),
        Follow("bills", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.id = r.assignment_id"),
        *of_workers("SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.worker_id = x.worker_id"),
    ),
)

_FILLING: Final = """
SELECT t.tenant, t.day, v.component, t.trade_code, '', v.key, count(*)
  FROM (SELECT o.tenant, pairs.day, o.trade_code,
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

POSTS: Final = Subject(
    "posts",
    (_FILLING,),
    (
        Follow("orders", "SELECT o.tenant, @published_day FROM @rows o WHERE o.published_at IS NOT NULL", whole=True),
        Follow("engagements", "SELECT o.tenant, @published_day FROM @rows r JOIN orders o ON o.id = r.order_id"),
    ),
)

_RATINGS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, @group, v.key, count(*)
  FROM (SELECT r.tenant, pairs.day, o.trade_code, r.worker_id, r.employer_id, r.side, r.stars
    FROM pairs JOIN ratings r ON r.tenant = pairs.tenant AND @rated_day = pairs.day JOIN orders o ON o.id = r.order_id) k
  CROSS JOIN LATERAL (VALUES ('rated.' || k.side, '', true), ('satisfied.' || k.side, '', k.stars >= 4),
    ('rated.person', k.worker_id::text, true), ('rated.firm', k.employer_id::text, true)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_WORDS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, @group, v.key, count(*)
  FROM (SELECT e.tenant, pairs.day, o.trade_code, e.worker_id, e.employer_id, e.worker_confirmed_by
    FROM pairs JOIN engagements e ON e.tenant = pairs.tenant AND @said_day = pairs.day JOIN orders o ON o.id = e.order_id) k
  CROSS JOIN LATERAL (VALUES ('said.all', '', true), ('said.proxy', '', k.worker_confirmed_by LIKE 'proxy:%'),
    ('said.person', k.worker_id::text, true), ('said.firm', k.employer_id::text, true)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

SAID: Final = Subject(
    "said",
    (_RATINGS, _WORDS),
    (
        Follow("ratings", "SELECT r.tenant, @rated_day FROM @rows r", whole=True),
        Follow("orders", "SELECT r.tenant, @rated_day FROM @rows o JOIN ratings r ON r.order_id = o.id"),
        Follow("engagements", "SELECT e.tenant, @said_day FROM @rows e", whole=True),
        Follow("orders", "SELECT e.tenant, @said_day FROM @rows o JOIN engagements e ON e.order_id = o.id"),
        *of_workers(
            "SELECT e.tenant, t.day FROM @rows r JOIN engagements e ON e.worker_id = x.worker_id CROSS JOIN LATERAL (SELECT @said_day"
            " UNION SELECT (s.created_at AT TIME ZONE 'Asia/Shanghai')::date FROM ratings s WHERE s.engagement_id = e.id) t (day)"
        ),
    ),
)
