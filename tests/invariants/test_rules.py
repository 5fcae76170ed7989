"""Each invariant holds after a day of work, and each can fail: the owner plants what services would refuse (section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from linggong.invariants import run

if TYPE_CHECKING:
    import asyncpg

    from tests.invariants.conftest import Day


@dataclass(frozen=True)
class Plant:
    """Statements that break a rule; `{name}` stands for an id of the day, `row` for the row that must be named."""

    rule: str
    name: str
    sql: str
    row: str
    also: tuple[str, ...] = ()
    """Rules that it cannot help breaking: a state that was changed past the services is one that no event tells of."""


PLANTS = (
    Plant("1", "the worker was never verified", "UPDATE persons SET verified_level = 0 WHERE id = '{worker1}'",
          "engagements/{contracted}"),
    Plant("1", "the employer was never verified",
          "UPDATE employers SET verified_level = 0 WHERE id = (SELECT employer_id FROM orders WHERE id = '{live}')",
          "engagements/{contracted}"),
    Plant("2", "fifteen on the day of work", "UPDATE persons SET birth_date = '2010-03-14' WHERE id = '{worker1}'",
          "assignments/{coming}"),
    Plant("2", "seventeen, on a scaffold",
          "UPDATE persons SET birth_date = '2009-01-01' WHERE id = '{worker1}';"
          "UPDATE orders SET conditions = jsonb_build_array('height') WHERE id = '{live}'", "assignments/{coming}"),
    Plant("3", "a waiver that only one side gave",
          "INSERT INTO cover_waivers (id, engagement_id, reason, text, text_hash, employer_at, employer_by, worker_by,"
          " single_witness, created_at, order_id, tenant, via, worker_id, employer_id)"
          " SELECT gen_random_uuid(), engagement_id, '', '', '', started_at - interval '1 hour', '', '', false, now(), order_id, tenant, via,"
          " worker_id, employer_id FROM assignments WHERE id = '{worked}'", "assignments/{worked}", also=("12",)),
    Plant("4", "two shifts at the same time",
          "ALTER TABLE assignments DROP CONSTRAINT ex_assignments_overlap;"
          "UPDATE assignments SET worker_id = '{worker1}' WHERE id = '{busy}'", ""),
    Plant("5", "more people than places", "UPDATE orders SET headcount = 2 WHERE id = '{live}';"
          "UPDATE engagements SET state = 'A_CONFIRMED' WHERE id IN ('{offered}', '{applied}')", "orders/{live}", also=('12',)),
    Plant("6", "terms rewritten after the signature",
          "ALTER TABLE terms_versions DISABLE TRIGGER USER; UPDATE terms_versions SET body = replace(body, '20000', '10000') WHERE order_id = '{live}'", ""),
    Plant("6", "another version put under a contract",
          "UPDATE engagements SET terms_hash = sha256('another') WHERE id = '{contracted}'", "engagements/{contracted}"),
    Plant("6", "signed by somebody else",
          "UPDATE engagements SET worker_confirmed_by = 'proxy:nobody' WHERE id = '{contracted}'", "engagements/{contracted}"),
    Plant("6", "one consent that was never given",
          "DELETE FROM contract_consents WHERE side = 'worker' AND worker_id = '{worker1}'", ""),
    Plant("6", "an old paper under new terms",
          "UPDATE contract_files SET terms_hash = sha256('another') WHERE engagement_id = '{contracted}'", "engagements/{contracted}"),
    Plant("6", "bytes that nobody sealed",
          "INSERT INTO contract_blobs (id, engagement_id, kind, media_type, sha256, content, created_at, order_id, tenant, via, worker_id,"
          " employer_id) SELECT id, engagement_id, 'document', 'application/pdf', sha256('a'), 'b', now(), order_id, tenant, via, worker_id,"
          " employer_id FROM contract_files WHERE engagement_id = '{contracted}';"
          "UPDATE contract_files SET state = 'sealed', blob_id = id, sha256 = sha256('a') WHERE engagement_id = '{contracted}'", ""),
    Plant("7", "a total that its lines do not give", "UPDATE bills SET total_fen = 20001 WHERE id = '{bill}'", "bills/{bill}", also=('16',)),
    Plant("7", "a fee taken from the wage",
          "ALTER TABLE bill_lines DROP CONSTRAINT ck_bill_lines_kind;"
          "UPDATE bill_lines SET kind = 'fee' WHERE bill_id = '{bill}'", ""),
    Plant("7", "settled without the money", "UPDATE payments SET state = 'denied' WHERE id = '{payment}'", "bills/{bill}"),
    Plant("7", "paid to the leader of the crew", "UPDATE payments SET worker_id = '{worker4}' WHERE id = '{payment}'",
          "payments/{payment}"),
    Plant("7", "a transfer to an account that is not his",
          "ALTER TABLE payments DROP CONSTRAINT ck_payments_in_person; UPDATE payments SET payee = 'own_account' WHERE id = '{payment}'",
          "payments/{payment}"),
    Plant("8", "the undisputed part lost its clock",
          "UPDATE timers SET state = 'cancelled' WHERE subject_id = '{owed}' AND region = 'wage'", "bills/{owed}"),
    Plant("8", "more held than is open",
          "ALTER TABLE bills DROP CONSTRAINT ck_bills_held; UPDATE bills SET held_fen = 30000 WHERE id = '{owed}'",
          "bills/{owed}", also=("16",)),
    Plant("9", "a no-show who had checked in", "UPDATE assignments SET state = 'X_NOSHOW_W' WHERE id = '{worked}'",
          "assignments/{worked}", also=('12', '14')),
    Plant("10", "an end that came back to life", "SELECT plant('{applied}', 'engagement.applied',"
          " '{{\"from\":\"X_WITHDRAWN\",\"to\":\"A_APPLIED\",\"transition\":\"12\"}}')", "{applied}"),
    Plant("11", "an offer whose clock was stopped",
          "UPDATE timers SET state = 'cancelled' WHERE subject_id = '{offered}' AND state = 'live'", "engagements/{offered}"),
    Plant("11", "a deadline that failed",
          "UPDATE timers SET state = 'failed' WHERE subject_id = '{live}' AND key = 't.lock'", ""),
    Plant("12", "a state that no event tells of", "UPDATE engagements SET state = 'A_APPLIED' WHERE id = '{offered}'",
          "engagement/{offered}"),
    Plant("12", "a row that no event brought",
          "ALTER TABLE bills DISABLE TRIGGER USER; INSERT INTO bills SELECT (jsonb_populate_record(b, jsonb_build_object("
          "'id', gen_random_uuid(), 'assignment_id', NULL, 'engagement_id', '{contracted}', 'worker_id', '{worker1}',"
          "'state', 'SETTLED', 'wage_state', 'W_PAID', 'total_fen', 0, 'paid_fen', 0, 'held_fen', 0))).* FROM bills b WHERE id = '{bill}'", ""),
    Plant("12", "a rewritten past", "ALTER TABLE events DISABLE TRIGGER USER; UPDATE events SET body = replace(body, 'A_OFFERED', 'A_APPLIED')"
          " WHERE subject_id = '{offered}' AND type = 'engagement.offered'", ""),
    Plant("13", "a clerk who passed his own entry",
          "UPDATE orders SET submitted_by = gen_random_uuid() WHERE id = '{live}';"
          "UPDATE orders SET reviewed_by = submitted_by WHERE id = '{live}'", "orders/{live}"),
    Plant("14", "a ban that no overdue bill gives",
          "INSERT INTO posting_bans (employer_id, bills, since) SELECT employer_id, 1, now() FROM orders WHERE id = '{live}'", ""),
    Plant("14", "a wage counted as late that the events say was settled in time",
          "UPDATE bills SET settled_at = due_at + interval '1 day' WHERE id = '{bill}'", ""),
    Plant("12", "credit points that no event tells of",
          "INSERT INTO credit_entries (id, reason, points, subject_id, part, source, occurred_at, counts_from, expires_at, noted_at,"
          " object_until, state, objection, decision, tenant, person_id) SELECT gen_random_uuid(), 'no_show', 3, id, 1, 'x', now(),"
          " now(), now() + interval '1 day', now(), now(), 'K_NOTED', '', '', tenant, worker_id FROM assignments WHERE id = '{worked}'",
          ""),
    Plant("13", "a no-show decided by the one who said it",
          "INSERT INTO no_shows (id, assignment_id, reported_by, decided_by, reported_side, call_note, statement, reported_at,"
          " contest_until, contest_reason, contest_words, outcome, decided_at, decision_note, order_id, tenant, via, worker_id,"
          " employer_id) SELECT gen_random_uuid(), id, order_id, order_id, 'staff', '', '', now(), now(), 'none', '', 'upheld',"
          " now(), '', order_id, tenant, via, worker_id, employer_id FROM assignments WHERE id = '{coming}'", ""),
    Plant("15", "a freeze of which nobody was told",
          "SELECT plant('{live}', 'order.suspended', '{{\"machine\":\"order\",\"subject\":\"{live}\","
          "\"event\":\"suspend\",\"from\":\"O_OPEN\",\"to\":\"O_SUSPENDED\",\"transition\":\"8\"}}');"
          "UPDATE orders SET state = 'O_SUSPENDED' WHERE id = '{live}'", "engagements/{contracted}"),
    Plant("16", "a posting without its other side",
          "ALTER TABLE postings DISABLE TRIGGER USER; UPDATE postings SET amount_fen = amount_fen + 1"
          " WHERE bill_id = '{bill}' AND account = 'paid'", "bills/{bill}"),
    Plant("14", "closed with a wage unpaid", "UPDATE orders SET state = 'O_CLOSED' WHERE id = '{live}'", "orders/{live}", also=('12',)),
)  # fmt: skip


async def _run(owner: asyncpg.Connection[Any]) -> run.InvariantReport:
    return await run.look(owner)


async def test_all_hold_after_a_day_of_work(owner: asyncpg.Connection[Any]) -> None:
    report = await _run(owner)
    assert report.violations == []
    assert [r.id for r in report.rules] == sorted((r.id for r in run.RULES), key=int)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda p: f"{p.rule}-{p.name}")
async def test_it_can_fail(day: Day, owner: asyncpg.Connection[Any], plant: Plant) -> None:
    await owner.execute("""
        CREATE FUNCTION pg_temp.plant(p_subject uuid, p_type text, p_body text) RETURNS void LANGUAGE sql AS $$
          SELECT append_events(jsonb_build_array(jsonb_build_object(
            'id', gen_random_uuid(), 'chain', e.chain, 'type', p_type, 'subject_id', p_subject, 'tenant', e.tenant,
            'person_id', e.person_id, 'employer_id', e.employer_id, 'actor_kind', 'system', 'channel', 'system',
            'request_id', '', 'occurred_at', now(), 'recorded_at', now(), 'body', p_body)))
          FROM events e WHERE e.subject_id = p_subject ORDER BY n DESC LIMIT 1
        $$""")
    names = {name: str(value) for name, value in day.names.items()}
    await owner.execute("SET LOCAL app.kind = 'system'; SET LOCAL app.scope = '/'")
    await owner.execute(plant.sql.format(**names).replace("plant(", "pg_temp.plant("))
    report = await _run(owner)
    assert {v.rule for v in report.violations} == {plant.rule, *plant.also}
    if plant.row:
        assert plant.row.format(**names) in {v.row for v in report.violations}


def test_every_rule_has_a_plant() -> None:
    assert {p.rule for p in PLANTS} == {r.id for r in run.RULES}


async def test_unknown_number(owner: asyncpg.Connection[Any]) -> None:
    with pytest.raises(ValueError, match="no invariant 99"):
        await run.check(owner, ["99"])
