"""Rows for every table that hangs on a place, written by the owner role: what a move must carry along."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from linggong.kernel.crypto import Secrets
from linggong.kernel.ids import new_id
from linggong.prove.rows import EMPTY, Home, Maker
from linggong.tables import metadata

AT = datetime(2026, 3, 9, 21, 10, tzinfo=UTC)


async def fill(owner: asyncpg.Connection, table: str, **given: Any) -> dict[str, Any]:
    """Insert one row; required columns that are not given get a plain value of their type."""
    row = dict(given)
    for column in metadata.tables[table].columns:
        if column.name not in row and not column.nullable and column.identity is None:
            row[column.name] = _plain(column)
    names = ", ".join(row)
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await owner.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *row.values())
    return row


def _plain(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, JSONB):
        return json.dumps({} if column.name in ("extra", "acting") else [])
    if isinstance(kind, TSVECTOR):
        return ""
    if isinstance(kind, sa.Uuid):
        return new_id()
    if isinstance(kind, sa.LargeBinary):
        return new_id().bytes
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Date):
        return date(2026, 3, 10)
    if isinstance(kind, (sa.Integer, sa.Numeric)):
        return 1
    if isinstance(kind, sa.Text):
        return f"{column.name} {new_id()}" if column.unique else "x"
    return AT


async def fill_rest(
    owner_dsn: str, secrets: Secrets, tenant: str, via: str, worker: UUID, employer: UUID, *, everywhere: bool = False
) -> list[str]:
    """Insert a row at a place, served by `via`, into every table with a path that holds none below `tenant` yet.

    `everywhere`: into every table that is empty. Returns the tables that took none, with PostgreSQL's reason.
    """
    connection = await asyncpg.connect(owner_dsn)
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    try:
        home = Home(tenant, worker, employer, await connection.fetchval("SELECT id FROM staff LIMIT 1"), via, worker)
        full = set(EMPTY)
        for table in metadata.sorted_tables:
            paths = [c for c in ("tenant", "via") if c in table.columns]
            below = " AND ".join(f"{c} >= '{tenant}' AND {c} < '{tenant}~'" for c in paths)
            there = "true" if everywhere or not paths else below
            row = await connection.fetchrow(f"SELECT * FROM {table.name} WHERE {there} LIMIT 1")
            if row is not None:
                home.rows[table.name] = dict(row)
            if row is not None or not (paths or everywhere):
                full.add(table.name)
        return await Maker(connection, secrets.sealer, 1, AT).fill_rest(home, but=frozenset(full))
    finally:
        await connection.close()


async def people(owner: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Insert a worker's person and an employer; returns their ids."""
    person = await fill(
        owner, "persons", sex="男", status="active", verified_method="id_card_seen", birth_date=date(1980, 5, 1)
    )
    employer = await fill(owner, "employers", kind="enterprise", status="active", uscc=f"U{new_id().hex[:17]}")
    return person["id"], employer["id"]


async def order_with_all(
    owner: asyncpg.Connection, tenant: str, via: str | None, worker: UUID, employer: UUID
) -> dict[str, UUID]:
    """Insert a published order at `tenant` with a shift, terms, and an engagement served by `via` down to a payment."""
    ends = AT + timedelta(hours=8)
    order = (
        await fill(
            owner, "orders", tenant=tenant, employer_id=employer, state="O_OPEN", pay_unit="day", settlement="daily",
            pay_channel="cash", job_form="temporary", legal_form="service", headcount=3, confirmed=1, starts_at=AT,
            ends_at=ends, published_at=AT, search_tokens="搬运 搬 运", end_reason="",
        )
    )["id"]  # fmt: skip
    shift = (
        await fill(owner, "shifts", order_id=order, tenant=tenant, employer_id=employer, starts_at=AT, ends_at=ends)
    )["id"]
    await fill(owner, "terms_versions", order_id=order, tenant=tenant, employer_id=employer)
    sides = {"order_id": order, "tenant": tenant, "via": via, "worker_id": worker, "employer_id": employer}
    engagement = (await fill(owner, "engagements", **sides, state="A_CONTRACTED", source="applied"))["id"]
    assignment = (
        await fill(
            owner, "assignments", **sides, engagement_id=engagement, shift_id=shift, state="A_ACCEPTED", starts_at=AT,
            ends_at=ends,
        )
    )["id"]  # fmt: skip
    bill = new_id()
    async with owner.transaction():
        await fill(
            owner, "bills", **sides, id=bill, engagement_id=engagement, assignment_id=assignment, state="SETTLED",
            total_fen=0, paid_fen=0, held_fen=0, cause="work", wage_state="W_PAID", settled_by="nothing_owed", settled_at=AT,
        )  # fmt: skip
        await fill(owner, "bill_lines", **sides, bill_id=bill, kind="base", quantity=1, rate_fen=20000, amount_fen=0)
    await fill(
        owner,
        "payments",
        **sides,
        bill_id=bill,
        amount_fen=20000,
        channel="cash",
        payee="in_person",
        proof="none",
        state="claimed",
    )
    await fill(owner, "wechat_transfers", **sides, bill_id=bill, amount_fen=20000, state="failed")
    await fill(owner, "ratings", **sides, engagement_id=engagement, side="worker", stars=5)
    product = await fill(
        owner,
        "cover_products",
        tenant=tenant,
        code=f"p{new_id()}",
        kind="basic",
        payer="government",
        min_age=16,
        max_age=65,
    )
    await fill(owner, "cover_choices", order_id=order, tenant=tenant, employer_id=employer)
    await fill(
        owner,
        "cover_policies",
        **sides,
        engagement_id=engagement,
        product_id=product["id"],
        kind="basic",
        payer="government",
        state="pending",
        starts_at=AT,
        ends_at=ends,
    )
    await fill(owner, "cover_waivers", **sides, engagement_id=engagement)
    await fill(
        owner,
        "outside_calls",
        tenant=tenant,
        via=via,
        person_id=worker,
        employer_id=employer,
        state="dead",
        payload="{}",
    )
    await fill(
        owner,
        "notices",
        tenant=tenant,
        via=via,
        person_id=worker,
        employer_id=employer,
        to_side="worker",
        state="queued",
        last_call="",
        channel="",
    )
    async with owner.transaction():
        # Back and forth: the entry balances, and the bill of nothing still owes nothing.
        entry = await fill(owner, "journal_entries", **sides, bill_id=bill, cause="billed")
        for amount in (500, -500):
            await fill(
                owner,
                "postings",
                **sides,
                bill_id=bill,
                entry_id=entry["id"],
                account="employer_owes",
                amount_fen=amount,
            )
    await _case(owner, {**sides, "assignment_id": assignment, "engagement_id": engagement}, bill)
    return {"order": order, "engagement": engagement, "assignment": assignment, "bill": bill}


async def _case(owner: asyncpg.Connection, about: dict[str, Any], bill: UUID) -> None:
    """Insert a case about the bill, an injury on the shift, an incident, each with what hangs on it."""
    parties = {k: about[k] for k in ("tenant", "via", "worker_id", "employer_id")}
    case = await fill(
        owner, "cases", **about, bill_id=bill, kind="wage", channel="web", state="D_OPEN", claimant="worker",
        against="employer", asks="none",
    )  # fmt: skip
    of_case = {**parties, "case_id": case["id"]}
    await fill(owner, "case_notes", **of_case, kind="note")
    await fill(owner, "case_offers", **of_case, side="worker", state="open")
    await fill(owner, "case_materials", **of_case)
    await fill(owner, "case_referrals", **of_case, body="court")
    injury = await fill(owner, "injuries", **about, state="I_REPORTED", channel="web", reported_by="worker")
    of_injury = {**parties, "injury_id": injury["id"]}
    await fill(owner, "injury_statements", **of_injury, role="worker")
    consent = await fill(owner, "consents", person_id=about["worker_id"], method="slip")
    await fill(owner, "injury_papers", **of_injury, kind="receipt", consent_id=consent["id"])
    await fill(owner, "incidents", tenant=about["tenant"], kind="fight", status="reported")


async def desk(owner: asyncpg.Connection, tenant: str, worker: UUID) -> None:
    """Insert what else hangs on a place: staff, post, operator, photo, service link, timer, parameter, imports."""
    member = await fill(owner, "staff", tenant=tenant, status="active", username=f"u{new_id().hex}")
    await fill(owner, "role_assignments", staff_id=member["id"], role="station_clerk", tenant=tenant)
    await fill(owner, "desk_devices", tenant=tenant)
    await fill(owner, "staff_invitations", tenant=tenant, staff_id=member["id"])
    await fill(owner, "staff_sign_ins", staff_id=member["id"])
    await fill(owner, "mediators", tenant=tenant, staff_id=member["id"])
    await fill(owner, "outside_desks", tenant=tenant, staff_id=member["id"], kind="department", stands_for="court")
    operator = (await fill(owner, "operators", tenant=tenant))["id"]
    contract = await fill(owner, "operator_contracts", tenant=tenant, operator_id=operator, status="signed")
    await fill(owner, "operator_contract_nodes", tenant=tenant, operator_id=operator, contract_id=contract["id"])
    await fill(
        owner, "reveals", tenant=tenant, subject="person", person_id=worker, fields='["phone"]', purpose="reach",
        viewer_kind="staff", viewer_id=member["id"], expires_at=AT + timedelta(minutes=10),
    )  # fmt: skip
    place = await owner.fetchval("SELECT id FROM nodes WHERE path = $1", tenant)
    await fill(owner, "node_photos", tenant=tenant, node_id=place)
    await fill(owner, "map_outlines", tenant=tenant)
    await fill(owner, "public_texts", tenant=tenant)
    await fill(owner, "benefits", tenant=tenant, kind="training")
    await fill(owner, "directory_editions", tenant=tenant)
    await fill(owner, "public_figures", tenant=tenant)
    await fill(owner, "metric_facts", tenant=tenant)
    await fill(owner, "metric_sums", tenant=tenant, span="day")
    await fill(owner, "holiday_days", tenant=tenant, kind="holiday")
    await fill(owner, "node_populations", tenant=tenant)
    await fill(owner, "wage_levels", tenant=tenant)
    await fill(owner, "trade_gaps", tenant=tenant)
    card = (await fill(owner, "score_cards", tenant=tenant, body="{}"))["id"]
    await fill(owner, "card_adoptions", tenant=tenant)
    year = await fill(
        owner,
        "assessments",
        tenant=tenant,
        card_id=card,
        contract_id=contract["id"],
        state="S_OPEN",
        options="{}",
        last=date(2026, 3, 12),
    )
    await fill(owner, "assessment_materials", tenant=tenant, assessment_id=year["id"])
    await fill(owner, "assessment_words", tenant=tenant, assessment_id=year["id"], kind="report", body="{}")
    await fill(owner, "upkeep_entries", tenant=tenant, kind="database", what="patch")
    recognition = await fill(owner, "recognitions", tenant=tenant, state="R_APPLIED", checks="{}")
    await fill(owner, "recognition_words", tenant=tenant, recognition_id=recognition["id"], kind="applied")
    await fill(owner, "site_days", tenant=tenant, sign="clerk")
    await fill(owner, "site_closures", tenant=tenant, kind="other", last=date(2026, 3, 12))
    await fill(owner, "letter_templates", tenant=tenant, mark="整")
    await fill(owner, "checklists", tenant=tenant)
    await fill(owner, "inspection_draws", tenant=tenant)
    task = await fill(owner, "inspection_tasks", tenant=tenant, node_id=place, kind="planned", state="open")
    result = await fill(owner, "inspection_results", tenant=tenant, task_id=task["id"])
    finding = await fill(
        owner, "inspection_findings", tenant=tenant, node_id=place, result_id=result["id"], state="F_OPEN"
    )
    await fill(owner, "finding_steps", tenant=tenant, finding_id=finding["id"], step="mended")
    proof = json.dumps([{"kind": "paper", "words": "x"}])
    await fill(owner, "station_cards", tenant=tenant, node_id=place, colour="yellow", state="C_OPEN", evidence=proof)
    await fill(owner, "card_proposals", tenant=tenant, node_id=place, kind="notice", source="zombie", state="open")
    await fill(owner, "station_stars", tenant=tenant, node_id=place)
    await fill(owner, "award_lists", tenant=tenant)
    await fill(owner, "station_removals", tenant=tenant, node_id=place, target_id=place, moved="{}")
    letter = await fill(owner, "letters", tenant=tenant, via=tenant, recipient="node")
    await fill(owner, "letter_files", tenant=tenant, via=tenant, letter_id=letter["id"])
    await fill(owner, "letter_receipts", tenant=tenant, via=tenant, letter_id=letter["id"])
    await fill(
        owner,
        "ledger_entries",
        tenant=tenant,
        ledger="other",
        happened_at=AT,
        written_at=AT,
        filled=3,
        wanted=4,
        corrects=None,
    )
    await fill(owner, "day_records", tenant=tenant, counts="{}")
    await fill(owner, "month_reports", tenant=tenant, month=date(2026, 2, 1), state="draft", figures="{}", late_days=0)
    await fill(owner, "sheet_layouts", tenant=tenant, form="month_report")
    await fill(owner, "site_targets", tenant=tenant, kind="station", year=2026)
    await fill(owner, "site_files", tenant=tenant)
    await fill(owner, "site_rooms", tenant=tenant, use="hall", area_m2=20)
    await fill(owner, "site_checks", tenant=tenant, kind="zone")
    await fill(owner, "site_equipment", tenant=tenant, kind="desk", pieces=1)
    await fill(owner, "site_hours", tenant=tenant)
    await fill(owner, "site_staff", tenant=tenant, kind="service")
    await fill(owner, "site_hotline_tests", tenant=tenant, line="hotline")
    await fill(owner, "site_areas", tenant=tenant, area_id=place)
    await fill(
        owner,
        "gathering_points",
        tenant=tenant,
        heads=10,
        begins_minute=240,
        ends_minute=420,
        latitude=34.8,
        longitude=114.8,
    )
    await fill(owner, "county_departments", tenant=tenant, part="member")
    await fill(owner, "site_hits", tenant=tenant, verdict="empty", proposes="notice", evidence="{}")
    await fill(
        owner, "service_links", subject_id=worker, tenant=tenant, kind="registered", ends_at=AT + timedelta(days=730)
    )
    await fill(owner, "timers", tenant=tenant, via=tenant, state="live", region="A", key="t.lock")
    await fill(owner, "parameter_values", tenant=tenant, key="t.lock", value="90min", source="文件")
    batch = await fill(owner, "import_batches", tenant=tenant, kind="people")
    await fill(owner, "merge_proposals", tenant=tenant, batch_id=batch["id"], status="open")
    await owner.execute(
        "INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) "
        "VALUES ('p', 'station_clerk', $1, 'order', 'review', 'down', 'deny')",
        tenant,
    )
