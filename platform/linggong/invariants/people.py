"""Who may stand where: both sides verified, old enough, in one place at a time, nobody his own judge (1, 2, 4, 5, 9, 13)."""

from __future__ import annotations

from linggong.invariants.rules import Rule

BOTH_VERIFIED = Rule(
    id="1",
    title="双实名",
    words="签约以前，零工和雇主都要实名，双方都确认过同一份约定。",
    sql=(
        """
        SELECT 'engagements/' || e.id AS row,
               concat_ws(', ', CASE WHEN p.verified_level < 1 THEN 'worker not verified' END,
                         CASE WHEN m.verified_level < 1 THEN 'employer not verified' END,
                         CASE WHEN e.worker_confirmed_at IS NULL THEN 'worker has not confirmed' END,
                         CASE WHEN e.employer_confirmed_at IS NULL THEN 'employer has not confirmed' END) AS detail
        FROM engagements e JOIN persons p ON p.id = e.worker_id JOIN employers m ON m.id = e.employer_id
        WHERE e.state = 'A_CONTRACTED' AND (p.verified_level < 1 OR m.verified_level < 1
              OR e.worker_confirmed_at IS NULL OR e.employer_confirmed_at IS NULL)
        """,
    ),
)

# The law's ages stand here and not a tenant's parameter: a parameter may be stricter, never laxer [law: 劳动法 15, 58, 64].
OLD_ENOUGH = Rule(
    id="2",
    title="年龄",
    words="每个工日零工都已满16周岁；16、17周岁不做登高、重活和夜班。",
    sql=(
        """
        SELECT 'assignments/' || a.id AS row, 'under 16 on the day of work, ' || a.state AS detail
        FROM assignments a JOIN persons p ON p.id = a.worker_id
        WHERE a.work_date < p.birth_date + interval '16 years'
          AND a.state IN ('A_CONFIRMED', 'A_CONTRACTED', 'A_ARRIVED', 'A_WORKING', 'A_PAUSED', 'A_FINISHED', 'A_ACCEPTED')
        """,
        """
        SELECT 'assignments/' || a.id AS row, 'under 18 in work that is barred at that age, ' || a.state AS detail
        FROM assignments a JOIN persons p ON p.id = a.worker_id JOIN orders o ON o.id = a.order_id
        CROSS JOIN LATERAL (SELECT a.starts_at AT TIME ZONE 'Asia/Shanghai' AS s, a.ends_at AT TIME ZONE 'Asia/Shanghai' AS e) t
        WHERE a.work_date >= p.birth_date + interval '16 years' AND a.work_date < p.birth_date + interval '18 years'
          AND a.state IN ('A_CONFIRMED', 'A_CONTRACTED', 'A_ARRIVED', 'A_WORKING', 'A_PAUSED', 'A_FINISHED', 'A_ACCEPTED')
          AND (o.conditions ?| ARRAY['height', 'heavy', 'night'] OR extract(hour FROM t.s) >= 22 OR extract(hour FROM t.s) < 6
               OR t.e > date_trunc('day', t.s) + interval '22 hours')
        """,
    ),
)

COVERED = Rule(
    id="3",
    title="先保后干",
    words="保险不晚于到岗生效（补签的不晚于开工），不然要有雇主声明、零工知情的放弃声明；零工一个人不能放弃。",
    sql=(
        """
        SELECT 'assignments/' || a.id AS row, 'began without cover that held and without a waiver' AS detail
        FROM assignments a JOIN engagements e ON e.id = a.engagement_id
        WHERE a.started_at IS NOT NULL
          AND (EXISTS (SELECT FROM cover_policies p WHERE p.engagement_id = e.id)
               -- One written as the day begins is about the days to come.
               OR EXISTS (SELECT FROM cover_waivers w WHERE w.engagement_id = e.id AND w.employer_at < a.started_at))
          AND NOT EXISTS (SELECT FROM cover_policies p WHERE p.engagement_id = e.id AND p.policy_no <> ''
                          AND p.effective_at <= CASE WHEN e.contracted_at > a.arrived_at THEN a.started_at
                                                     ELSE coalesce(a.arrived_at, a.started_at) END)
          AND NOT EXISTS (SELECT FROM cover_waivers w WHERE w.engagement_id = e.id AND w.worker_at IS NOT NULL)
          -- Where 工伤保险 is owed, its number is what counts, and nothing else (ruling 16).
          AND NOT EXISTS (SELECT FROM cover_choices c JOIN orders o ON o.id = c.order_id
                          WHERE c.order_id = e.order_id AND c.injury_sealed IS NOT NULL
                            AND o.legal_form IN ('labour_contract', 'non_full_time'))
        """,
        """
        SELECT 'cover_waivers/' || w.id AS row, 'no word of the employer on it' AS detail
        FROM cover_waivers w WHERE NOT EXISTS (
          SELECT FROM events v WHERE v.chain = 'order:' || w.order_id AND v.actor_kind IN ('employer', 'staff')
            AND v.body LIKE '%"event":"waive"%' AND v.person_id = w.worker_id)
        """,
    ),
)

ONE_PLACE = Rule(
    id="4",
    title="不重班",
    words="一个人同一时间只能有一个已确认到在岗的工日。",
    sql=(
        """
        SELECT 'assignments/' || a.id AS row, 'overlaps assignments/' || b.id AS detail
        FROM assignments a JOIN assignments b ON b.worker_id = a.worker_id AND a.id < b.id
          AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
        WHERE a.state IN ('A_CONFIRMED', 'A_CONTRACTED', 'A_ARRIVED', 'A_WORKING', 'A_PAUSED')
          AND b.state IN ('A_CONFIRMED', 'A_CONTRACTED', 'A_ARRIVED', 'A_WORKING', 'A_PAUSED')
        """,
    ),
)

ENOUGH_PLACES = Rule(
    id="5",
    title="不超员",
    words="已确认的人数不超过招工人数，单上记的人数和名单一致。",
    sql=(
        """
        SELECT 'orders/' || o.id AS row,
               format('%s confirmed people, %s places, counter %s', n.live, o.headcount, o.confirmed) AS detail
        FROM orders o JOIN (SELECT order_id, count(*) AS live FROM engagements
                            WHERE state IN ('A_CONFIRMED', 'A_CONTRACTED') GROUP BY order_id) n ON n.order_id = o.id
        WHERE n.live > o.headcount OR n.live > o.confirmed
        """,
    ),
)

NO_SHOW = Rule(
    id="9",
    title="没来",
    words="有到岗记录的人不能记没来；申诉期间不计入任何比率；申诉成立的，分要撤（撤分的定时还等着的不算错）。",
    sql=(
        """
        SELECT 'assignments/' || id AS row, 'no-show with a check-in at ' || arrived_at AS detail
        FROM assignments WHERE state = 'X_NOSHOW_W' AND arrived_at IS NOT NULL
        """,
        """
        SELECT 'credit_entries/' || c.id AS row, format('%s while the no-show is %s', c.state, n.outcome) AS detail
        FROM credit_entries c JOIN no_shows n ON n.assignment_id = c.subject_id
        WHERE c.reason = 'no_show' AND ((c.state = 'K_COUNTED' AND n.outcome = 'open' AND n.contested_at IS NOT NULL)
              OR (c.state <> 'K_LIFTED' AND n.outcome IN ('withdrawn', 'arrived')
                  AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = c.subject_id
                                  AND t.key = 't.credit.lift' AND t.state = 'live')))
        """,
    ),
)

NOT_HIS_OWN = Rule(
    id="13",
    title="不自批",
    words="代办的人不审核自己代办的事；办案的不能是当事一方。",
    sql=(
        """
        SELECT 'orders/' || id AS row, 'reviewed by the member of staff who entered it' AS detail
        FROM orders WHERE submitted_by IS NOT NULL AND submitted_by = reviewed_by
        """,
        """
        SELECT 'engagements/' || e.id AS row, 'called back by the clerk who stood for both sides' AS detail
        FROM events v JOIN engagements e ON e.id = v.subject_id
        WHERE v.type = 'engagement.called_back' AND v.actor_kind = 'staff' AND e.worker_confirmed_by = 'proxy:' || v.actor_id
          AND e.employer_confirmed_by = e.worker_confirmed_by
        """,
        """
        SELECT 'cases/' || c.id AS row, format('%s by the staff of %s, whom it is against', v.type, c.against_path) AS detail
        FROM cases c JOIN events v ON v.subject_id = c.id
        JOIN role_assignments r ON r.staff_id = v.actor_id
          AND r.role IN ('station_clerk', 'station_manager', 'county_operator')
        WHERE c.against IN ('operator', 'station') AND v.actor_kind = 'staff' AND r.tenant LIKE c.against_path || '%'
          AND r.starts_at <= v.occurred_at AND r.ends_at > v.occurred_at
          AND (v.body LIKE '%"to":"D_RESOLVED"%' OR v.body LIKE '%"to":"D_MEDIATING"%')
        """,
        """
        SELECT 'suspensions/' || s.id AS row, 'taken down by the one who proposed it' AS detail
        FROM suspensions s WHERE s.outcome = 'taken_down' AND s.proposed_by IS NOT NULL AND s.proposed_by = s.decided_by
        """,
        """
        SELECT 'no_shows/' || n.id AS row, 'decided by the one who reported it' AS detail
        FROM no_shows n WHERE n.outcome <> 'open' AND n.reported_by IS NOT NULL AND n.reported_by = n.decided_by
        """,
    ),
)

INFORMED = Rule(
    id="15",
    title="逐个通知",
    words="单子取消、过期、冻结、下架，每个已确认的零工都有一条通知回执。",
    sql=(
        """
        SELECT 'engagements/' || e.id AS row, v.type || ' and no receipt says that the worker was told' AS detail
        FROM events v JOIN engagements e ON e.order_id = v.subject_id
        WHERE v.type IN ('order.cancelled', 'order.expired', 'order.suspended', 'order.taken_down')
          AND v.body LIKE '%"machine"%' AND e.confirmed_at IS NOT NULL AND e.confirmed_at <= v.occurred_at
          AND (e.ended_at IS NULL OR e.ended_at > v.recorded_at
               OR EXISTS (SELECT FROM events x WHERE x.subject_id = e.id AND x.type = 'engagement.order_ended'
                          AND x.recorded_at = v.recorded_at))
          AND NOT EXISTS (SELECT FROM notices n WHERE n.person_id = e.worker_id AND n.to_side = 'worker'
                          AND n.subject_id IN (e.order_id, e.id) AND n.created_at >= v.recorded_at)
        """,
    ),
)

RULES = (INFORMED, COVERED, BOTH_VERIFIED, OLD_ENOUGH, ONE_PLACE, ENOUGH_PLACES, NO_SHOW, NOT_HIS_OWN)
