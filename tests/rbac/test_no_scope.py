"""On a filled city, with no scope set: no row of any table but the public ones, on a fresh and on a used connection."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.tables import metadata
from rbac.rowsecurity import declared
from tests.tenants.rows import AT, desk, fill, fill_rest, order_with_all, people

if TYPE_CHECKING:
    from conftest import TestDatabase

CITY, COUNTY, STATION, OTHER = "/4102/", "/4102/25/", "/4102/25/s01/", "/4102/21/"


async def filled(blank: TestDatabase, secrets: Secrets) -> dict[str, int]:
    """Put at least one row into every table; returns how many each holds."""
    owner = await blank.owner()
    for path, kind in ((CITY, "city"), (COUNTY, "county"), (STATION, "station"), (OTHER, "county")):
        await fill(owner, "nodes", path=path, kind=kind, status="open", classification=None)
    worker, employer = await people(owner)
    await order_with_all(owner, STATION, COUNTY, worker, employer)
    await desk(owner, STATION, worker)
    member = (await owner.fetchrow("SELECT id FROM staff LIMIT 1"))["id"]
    known: dict[str, dict[str, Any]] = {
        "workers": {"person_id": worker, "pay_unit": "day", "phone_kind": "none", "transport": "none"},
        "contacts": {"person_id": worker, "kind": "mobile"},
        "consents": {"person_id": worker, "method": "slip"},
        "phone_recoveries": {"person_id": worker, "method": "desk"},
        "employer_members": {"employer_id": employer, "person_id": worker, "role": "owner"},
        "agencies": {"employer_id": employer},
        "employer_papers": {"employer_id": employer, "added_by": "employer"},
        "staff_credentials": {"staff_id": member},
        "printed_codes": {"staff_id": member},
        "desk_sign_ins": {"staff_id": member},
        "web_sessions": {"kind": "person", "account_id": worker, "proof": "phone"},
        "out_messages": {"state": "queued"},
        "idempotency_keys": {"actor_id": worker},
        "events": {"tenant": STATION},
        "reveals": {
            "tenant": STATION,
            "subject": "person",
            "person_id": worker,
            "fields": '["phone"]',
            "purpose": "reach",
            "viewer_kind": "staff",
            "viewer_id": member,
            "expires_at": AT + timedelta(minutes=10),
        },
        "posting_bans": {"employer_id": employer},
        "shown_codes": {"person_id": worker},
        "weather_alerts": {
            "tenant": STATION,
            "kind": "heat",
            "level": "red",
            "temperature_c": 41,
            "begins_at": AT - timedelta(days=1),
            "ends_at": AT,
        },
        "weather_decisions": {"verdict": "stop", "outcome": "open"},
        "pauses": {"cause": "rain", "outcome": "open", "ended_at": None},
        "site_reports": {"kind": "arrival", "details": "{}"},
        "no_shows": {"outcome": "open", "contest_reason": "none", "decided_at": None},
        "audit_anchor_heads": {"log": "audit"},
    }
    await fill_rest(blank.owner_dsn, secrets, STATION, COUNTY, worker, employer, everywhere=True)
    for table in metadata.sorted_tables:
        if table.name == "desk_sign_ins":
            known[table.name]["device_id"] = await owner.fetchval("SELECT id FROM desk_devices LIMIT 1")
        if not await owner.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table.name})"):
            await fill(owner, table.name, **known.get(table.name, {}))
    held = {t.name: await owner.fetchval(f"SELECT count(*) FROM {t.name}") for t in metadata.sorted_tables}
    await owner.close()
    assert all(held.values()), held
    assert AT - timedelta(days=1) < AT
    return held


READABLE = [t for t in metadata.sorted_tables if declared(t).insert != "blind"]
"""The rest may not even be asked by the app role."""


async def seen(connection: asyncpg.Connection) -> dict[str, int]:
    return {t.name: await connection.fetchval(f"SELECT count(*) FROM {t.name}") for t in READABLE}


async def test_no_scope_no_row(blank: TestDatabase, secrets: Secrets) -> None:
    held = await filled(blank, secrets)
    public = {t.name: held[t.name] if declared(t).cls == "city" else 0 for t in READABLE}
    app = await asyncpg.connect(blank.app_dsn)
    assert await seen(app) == public, "on a fresh connection"
    for actor in (
        SYSTEM,
        Actor(kind="staff", id=new_id(), post=tenant_path(CITY)),
        Actor(kind="worker", id=new_id(), role="worker"),
    ):
        await app.execute(actor.opening())
        await seen(app)
        await app.execute("COMMIT")
        assert await seen(app) == public, f"on a connection that {actor.kind} used"
        await app.execute(actor.opening())
        await app.execute("ROLLBACK")
        assert await seen(app) == public, f"on a connection that {actor.kind} rolled back"
    await app.close()


async def test_the_walls_let_the_right_ones_in(blank: TestDatabase, secrets: Secrets) -> None:
    """The same rows are there for the system, and a county sees its own and not the next one's."""
    held = await filled(blank, secrets)
    app = await asyncpg.connect(blank.app_dsn)
    await app.execute(SYSTEM.opening())
    # The trail of what was written before there was any place (the policies as delivered) hangs on no path.
    # Where somebody says he is belongs to himself alone: no job of the system reads it.
    others = {"event_heads", "idempotency_keys", "audit_pending", "audit_log", "own_places"}
    # So are the keys of an employer's merchant account and the WeChat account at which a worker is paid.
    others |= {"wechat_merchants", "wechat_bindings"}
    now = await seen(app)
    assert {k: v for k, v in now.items() if k not in others} == {k: v for k, v in held.items() if k not in others}
    assert now["audit_log"] > 0
    await app.execute("COMMIT")
    for post, there in ((COUNTY, True), (OTHER, False)):
        await app.execute(Actor(kind="staff", id=new_id(), post=tenant_path(post)).opening())
        now = await seen(app)
        for table in ("orders", "shifts", "engagements", "assignments", "bills", "payments", "staff", "timers"):
            assert (now[table] > 0) is there, f"{table} at {post}"
        await app.execute("COMMIT")
    await app.close()
