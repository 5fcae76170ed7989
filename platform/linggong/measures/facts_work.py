"""Facts of the work: what was wanted, agreed, done and left undone by the day of work; what was said of it."""

from __future__ import annotations

from typing import Final

from linggong.measures.subject import Follow, Subject, of_workers, said

_TERMS: Final = {
    "@covered": "EXISTS (SELECT FROM cover_policies p WHERE @cover)",
    "@cover": """p.engagement_id = a.engagement_id AND p.policy_no <> '' AND p.state = 'active' AND NOT p.disputed
        AND p.ends_at >= a.ends_at AND p.effective_at <=
        CASE WHEN e.contracted_at > a.arrived_at THEN coalesce(a.started_at, a.arrived_at) ELSE a.arrived_at END""",
    "@cover_day": "(p.starts_at AT TIME ZONE 'Asia/Shanghai')::date",
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
    JOIN engagements e ON e.id = a.engagement_id WHERE @counts OFFSET 0) k
  CROSS JOIN LATERAL (SELECT k.*) a CROSS JOIN LATERAL (SELECT k.contracted_at) e
  CROSS JOIN LATERAL (VALUES
    ('confirmed', '', @held), ('agreed', '', @agreed), ('arrived', '', @came), ('completed', '', a.state = 'A_ACCEPTED'),
    ('missing.worker', '', a.state = 'X_NOSHOW_W'), ('missing.employer', '', a.state = 'X_NOSHOW_E'),
    ('covered', '', @came AND @covered),
    ('covered.government', '', @came AND EXISTS (SELECT FROM cover_policies p WHERE p.payer = 'government' AND @cover)),
    ('covered.employer', '', @came AND EXISTS (SELECT FROM cover_policies p WHERE p.payer = 'employer' AND @cover)),
    ('waived', '', @came AND NOT @covered AND @waived), ('contracted', '', @came AND @contracted),
    ('looped', '', a.state = 'A_ACCEPTED' AND @contracted AND (@covered OR @waived) AND @paid AND @rated),
    ('shift.person', a.worker_id::text, @agreed), ('shift.employer', a.employer_id::text, @agreed),
    ('done.person', a.worker_id::text, a.state = 'A_ACCEPTED')
  ) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_REFUSED: Final = """
SELECT k.tenant, k.day, 'refused', k.trade_code, @group, k.code, count(DISTINCT k.engagement_id)
  FROM (SELECT p.tenant, pairs.day, o.trade_code, p.worker_id, p.engagement_id, coalesce(nullif(p.refused_code, ''), 'other') AS code
    FROM pairs JOIN cover_policies p ON p.tenant = pairs.tenant AND @cover_day = pairs.day JOIN orders o ON o.id = p.order_id
    WHERE p.state = 'refused' AND p.kind = 'basic') k
  GROUP BY 1, 2, 4, 5, 6"""

_OF_ENGAGEMENT: Final = (
    "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.engagement_id = r.engagement_id"
)

WORK: Final = Subject(
    "work",
    (_WANTED, said(_SHIFTS, _TERMS), said(_REFUSED, _TERMS)),
    (
        Follow("shifts", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("assignments", "SELECT r.tenant, r.work_date FROM @rows r", whole=True),
        Follow("orders", "SELECT s.tenant, s.work_date FROM @rows r JOIN shifts s ON s.order_id = r.id"),
        Follow("orders", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.order_id = r.id"),
        Follow("engagements", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.engagement_id = r.id"),
        Follow("cover_policies", _OF_ENGAGEMENT),
        Follow("cover_policies", said("SELECT p.tenant, @cover_day FROM @rows p", _TERMS), whole=True),
        Follow(
            "orders",
            said("SELECT p.tenant, @cover_day FROM @rows o JOIN cover_policies p ON p.order_id = o.id", _TERMS),
        ),
        *of_workers(
            said("SELECT p.tenant, @cover_day FROM @rows r JOIN cover_policies p ON p.worker_id = x.worker_id", _TERMS)
        ),
        Follow("cover_waivers", _OF_ENGAGEMENT),
        Follow("ratings", _OF_ENGAGEMENT),
        Follow("bills", "SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.id = r.assignment_id"),
        *of_workers("SELECT a.tenant, a.work_date FROM @rows r JOIN assignments a ON a.worker_id = x.worker_id"),
    ),
)

_RATINGS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, count(*)
  FROM (SELECT k.*, @group AS grp FROM (SELECT r.tenant, pairs.day, o.trade_code, r.id, r.worker_id, r.employer_id, r.side, r.stars, r.channel
    FROM pairs JOIN ratings r ON r.tenant = pairs.tenant AND @rated_day = pairs.day JOIN orders o ON o.id = r.order_id) k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES ('rated.' || k.side, k.channel, true), ('satisfied.' || k.side, k.channel, k.stars >= 4),
    ('rated.person', k.worker_id::text, true), ('rated.firm', k.employer_id::text, true)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_WORDS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, count(*)
  FROM (SELECT k.*, @group AS grp FROM (SELECT e.tenant, pairs.day, o.trade_code, e.id, e.worker_id, e.employer_id, e.worker_confirmed_by
    FROM pairs JOIN engagements e ON e.tenant = pairs.tenant AND @said_day = pairs.day JOIN orders o ON o.id = e.order_id) k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES ('said.all', '', true), ('said.proxy', '', k.worker_confirmed_by LIKE 'proxy:%'),
    ('said.person', k.worker_id::text, true), ('said.firm', k.employer_id::text, true)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_SIGN_UPS: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, v.key, count(*)
  FROM (SELECT k.*, @group AS grp FROM (SELECT e.tenant, pairs.day, o.trade_code, e.id, e.worker_id, e.entered_by
    FROM pairs JOIN engagements e ON e.tenant = pairs.tenant AND @made_day = pairs.day JOIN orders o ON o.id = e.order_id
    WHERE e.source = 'applied') k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES ('signup.all', '', true), ('signup.proxy', '', k.entered_by IS NOT NULL)) v (component, key, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5, 6"""

_CALLED: Final = """
SELECT k.tenant, k.day, v.component, k.trade_code, k.grp, '', count(*)
  FROM (SELECT k.*, @group AS grp FROM (SELECT c.tenant, pairs.day, o.trade_code, c.id, c.worker_id, c.outcome
    FROM pairs JOIN call_backs c ON c.tenant = pairs.tenant AND @owed_day = pairs.day JOIN orders o ON o.id = c.order_id) k OFFSET 0) k
  CROSS JOIN LATERAL (VALUES ('call.owed', true), ('call.agreed', k.outcome = 'agreed'), ('call.denied', k.outcome = 'denied'))
    v (component, holds)
  WHERE v.holds GROUP BY 1, 2, 3, 4, 5"""

SAID: Final = Subject(
    "said",
    (_RATINGS, _WORDS, _SIGN_UPS, _CALLED),
    (
        Follow("engagements", "SELECT e.tenant, @made_day FROM @rows e", whole=True),
        Follow("orders", "SELECT e.tenant, @made_day FROM @rows o JOIN engagements e ON e.order_id = o.id"),
        Follow("call_backs", "SELECT c.tenant, @owed_day FROM @rows c", whole=True),
        Follow("orders", "SELECT c.tenant, @owed_day FROM @rows o JOIN call_backs c ON c.order_id = o.id"),
        *of_workers("SELECT c.tenant, @owed_day FROM @rows r JOIN call_backs c ON c.worker_id = x.worker_id"),
        Follow("ratings", "SELECT r.tenant, @rated_day FROM @rows r", whole=True),
        Follow("orders", "SELECT r.tenant, @rated_day FROM @rows o JOIN ratings r ON r.order_id = o.id"),
        Follow("engagements", "SELECT e.tenant, @said_day FROM @rows e", whole=True),
        Follow("orders", "SELECT e.tenant, @said_day FROM @rows o JOIN engagements e ON e.order_id = o.id"),
        *of_workers(
            "SELECT e.tenant, t.day FROM @rows r JOIN engagements e ON e.worker_id = x.worker_id CROSS JOIN LATERAL (SELECT @said_day UNION SELECT @made_day"
            " UNION SELECT (s.created_at AT TIME ZONE 'Asia/Shanghai')::date FROM ratings s WHERE s.engagement_id = e.id) t (day)"
        ),
    ),
)
