"""The audit trail: every kind of write leaves its row, with who wrote it; nothing personal stands there in clear."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_STATION, STATION, City, good
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.audit import AuditRow
from linggong.kernel.crypto import SealBroken
from linggong.kernel.db import SYSTEM, Actor, Database
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.market import service
from linggong.market.models import Order
from linggong.people.models import Contact, Employer, Person, ServiceLink, Staff
from linggong.tables import metadata
from rbac.rowsecurity import audit_ddl, declared
from tenants.models import ParameterValue

if TYPE_CHECKING:
    from conftest import TestDatabase

CANARIES = ("王金丝雀", "13800007777", "410225196805010021", "金丝雀大街7号", "备注金丝雀", "1968-05-01")


async def rows(blank: TestDatabase, table: str, row_id: UUID | str) -> list[dict[str, Any]]:
    """The trail of a row, oldest first, as the owner reads it."""
    owner = await blank.owner()
    try:
        found = await owner.fetch(
            "SELECT * FROM audit_log WHERE table_name = $1 AND row_id = $2 ORDER BY n", table, str(row_id)
        )
    finally:
        await owner.close()
    return [
        dict(r) | {"before": json.loads(r["before"] or "null"), "after": json.loads(r["after"] or "null")}
        for r in found
    ]


async def faults(blank: TestDatabase) -> list[tuple[Any, ...]]:
    owner = await blank.owner()
    try:
        found = []
        for log in ("audit", "events"):
            found += [tuple(r) for r in await owner.fetch("SELECT * FROM audit_faults($1, NULL)", log)]
        assert await owner.fetchval("SELECT count(*) FROM audit_pending") == 0
        return found
    finally:
        await owner.close()


async def test_every_table_is_audited_or_says_why_not(blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        have: dict[str, set[str]] = {table.name: set() for table in metadata.sorted_tables}
        for row in await owner.fetch(
            "SELECT c.relname, pg_get_triggerdef(t.oid) AS ddl FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'audit_collect' AND t.tgenabled = 'O'"
        ):
            have[row["relname"]].add(" ".join(row["ddl"].split()).replace("public.", ""))
    finally:
        await owner.close()
    for table in metadata.sorted_tables:
        want = {
            ddl.replace("UPDATE OR DELETE", "DELETE OR UPDATE").replace(" OR REPLACE", "") for ddl in audit_ddl(table)
        }
        assert have[table.name] == want, table.name
        assert bool(want) != bool(declared(table).audit), table.name


async def test_who_did_it_at_which_post_through_which_door(city: City, blank: TestDatabase) -> None:
    post, stand_in = new_id(), new_id()
    at = tenant_path(STATION)
    actor = Actor(
        kind="staff", id=city.clerk_id, post=at, role="station_clerk", post_id=post, on_behalf_of=stand_in,
        channel="api", request_id="abc123",
    )  # fmt: skip
    link = new_id()
    async with city.database.begin(actor, Scope(trees=(at,))) as uow:
        uow.session.add(ServiceLink(id=link, subject_id=new_id(), tenant=at, kind="order", started_at=uow.now))
        moment = uow.now
    (row,) = await rows(blank, "service_links", link)
    assert (row["op"], row["actor_kind"], row["actor_id"], row["role"]) == (
        "insert", "staff", city.clerk_id, "station_clerk",
    )  # fmt: skip
    assert (row["post_id"], row["on_behalf_of"], row["channel"], row["request_id"]) == (post, stand_in, "api", "abc123")
    assert (row["tenant"], row["occurred_at"], row["before"]) == (STATION, moment, None)
    assert row["post_node"] == row["chain"]
    assert row["after"]["kind"] == "order"
    assert await faults(blank) == []


async def test_every_kind_of_write_leaves_its_row(city: City, blank: TestDatabase) -> None:
    """ORM, Core, bulk, upsert that inserts and that updates, delete; a savepoint undone and a rollback leave nothing."""
    at = tenant_path(STATION)
    ids = [new_id() for _ in range(5)]

    def value(i: UUID, key: str, value: str = "1") -> dict[str, Any]:
        return {"id": i, "tenant": at, "key": key, "value": value, "source": "test", "set_at": uow.now, "set_by": None}

    async with city.database.begin(*city.clerk) as uow:
        uow.session.add(ParameterValue(**value(ids[0], "orm")))
        await uow.flush()
        await uow.execute(sa.insert(ParameterValue).values(value(ids[1], "core")))
        await uow.execute(sa.insert(ParameterValue), [value(ids[2], "bulk"), value(ids[3], "bulk2")])
        with pytest.raises(RuntimeError):
            async with uow.savepoint():
                await uow.execute(sa.insert(ParameterValue).values(value(ids[4], "undone")))
                raise RuntimeError
    with pytest.raises(RuntimeError):
        async with city.database.begin(*city.clerk) as uow:
            await uow.execute(sa.insert(ParameterValue).values(value(ids[4], "rolled back")))
            raise RuntimeError
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(RuntimeError):
            async with uow.savepoint():
                await uow.execute(sa.insert(ParameterValue).values(value(ids[4], "first, undone")))
                raise RuntimeError
        for key in ("core", "core"):
            new = insert(ParameterValue).values(value(new_id(), key, "2"))
            await uow.execute(
                new.on_conflict_do_update(index_elements=["tenant", "key"], set_={"value": new.excluded.value})
            )
        found = await uow.session.get_one(ParameterValue, ids[0])
        found.value = "3"
        await uow.flush()
        await uow.execute(sa.delete(ParameterValue).where(ParameterValue.id == ids[2]))
        await uow.execute(sa.update(ParameterValue).where(ParameterValue.id == ids[3]).values(key="bulk2"))
    trail = {i: [(r["op"], r["before"], r["after"]) for r in await rows(blank, "parameter_values", i)] for i in ids}
    assert [op for op, _, _ in trail[ids[0]]] == ["insert", "update"]
    assert trail[ids[0]][1] == ("update", {"value": "1"}, {"value": "3"})
    # The second upsert changed nothing, and nothing is told of it.
    assert trail[ids[1]][1:] == [("update", {"value": "1"}, {"value": "2"})]
    assert [op for op, _, _ in trail[ids[2]]] == ["insert", "delete"]
    assert trail[ids[2]][1][1]["key"] == "bulk"
    assert [op for op, _, _ in trail[ids[3]]] == ["insert"]
    assert trail[ids[4]] == []
    assert await faults(blank) == []


async def test_a_writer_outside_the_application_is_told_apart(city: City, blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        await owner.execute(
            "UPDATE employers SET contact_name = '王金丝雀', status = 'closed' WHERE id = $1", city.fresh
        )
        await owner.execute("TRUNCATE merge_proposals")
        gone = await owner.fetchrow("SELECT * FROM audit_log WHERE table_name = 'merge_proposals'")
    finally:
        await owner.close()
    row = (await rows(blank, "employers", city.fresh))[-1]
    assert (row["actor_kind"], row["role"], row["channel"]) == ("owner", "linggong_owner", "sql")
    assert row["after"] == {"contact_name": {"sealed": True}, "status": "closed"}
    assert row["personal"] is None
    assert gone is not None
    assert gone["op"] == "truncate"
    assert await faults(blank) == []


async def test_personal_values_are_sealed_for_their_row(city: City, blank: TestDatabase) -> None:
    sealer = city.secrets.sealer
    person, contact = new_id(), new_id()
    database = Database(blank.app_dsn, pool_size=1, sealer=sealer)
    try:
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            for path in (STATION, OTHER_STATION):
                uow.session.add(
                    ServiceLink(id=new_id(), subject_id=person, tenant=path, kind="order", started_at=uow.now)
                )
            await uow.flush()
            uow.session.add(
                Person(
                    id=person, name=CANARIES[0], id_sealed=sealer.seal(CANARIES[2], f"persons.id_sealed.{person}"),
                    id_index=sealer.blind_index("id", CANARIES[2]), birth_date=sa.func.to_date(CANARIES[5], "YYYY-MM-DD"),
                    sex="男", verified_method="id_number", verified_at=uow.now, registered_channel="desk",
                    created_at=uow.now,
                )
            )  # fmt: skip
            await uow.flush()
            uow.session.add(
                Contact(
                    id=contact, person_id=person, kind="mobile", note=CANARIES[4], created_at=uow.now,
                    number_sealed=sealer.seal(CANARIES[1], f"contacts.number_sealed.{contact}"),
                    number_index=sealer.blind_index("phone", CANARIES[1]),
                )
            )  # fmt: skip
        async with database.begin(*city.clerk) as uow:
            employer = await uow.session.get_one(Employer, city.fresh)
            employer.address, employer.industry = CANARIES[3], "A"
            await uow.flush()
            await uow.execute(sa.update(Person).where(Person.id == person).values(name="李改名"))
    finally:
        await database.dispose()
    made, renamed = await rows(blank, "persons", person)
    assert made["after"]["name"] == {"sealed": True}
    assert made["after"]["status"] == "active"
    place = f"audit_log.personal.{made['id']}"
    assert json.loads(sealer.open(made["personal"], place))["after"]["name"] == CANARIES[0]
    both = json.loads(sealer.open(renamed["personal"], f"audit_log.personal.{renamed['id']}"))
    assert (both["before"]["name"], both["after"]["name"]) == (CANARIES[0], "李改名")
    with pytest.raises(SealBroken):
        sealer.open(renamed["personal"], place)
    changed = (await rows(blank, "employers", city.fresh))[-1]
    assert changed["after"] == {"address": {"sealed": True}, "industry": "A"}
    owner = await blank.owner()
    try:
        text = await owner.fetchval("SELECT string_agg(to_jsonb(a)::text, ' ') FROM audit_log a")
    finally:
        await owner.close()
    for canary in CANARIES:
        assert canary not in text, canary
        assert canary.encode().hex() not in text, canary
    assert await faults(blank) == []


async def test_without_keys_the_values_are_left_out(city: City, blank: TestDatabase) -> None:
    plain = Database(blank.app_dsn, pool_size=1)
    try:
        async with plain.begin(*city.clerk) as uow:
            await uow.execute(sa.update(Employer).where(Employer.id == city.fresh).values(address=CANARIES[3]))
    finally:
        await plain.dispose()
    row = (await rows(blank, "employers", city.fresh))[-1]
    assert (row["after"], row["personal"]) == ({"address": {"sealed": True}}, None)


async def test_a_service_of_the_house_is_audited_like_any_other(city: City, blank: TestDatabase) -> None:
    actor, scope = city.employer()
    async with city.database.begin(actor, scope) as uow:
        order = await service.create_order(uow, city.secrets.sealer, good(), employer_id=city.fresh)
        order_id = order.id
    made = (await rows(blank, "orders", order_id))[0]
    assert (made["op"], made["actor_kind"], made["actor_id"], made["on_behalf_of"]) == (
        "insert", "employer", actor.id, actor.employer_id,
    )  # fmt: skip
    assert made["after"]["contact_name"] == {"sealed": True}
    assert "王师傅" not in json.dumps(made["after"], ensure_ascii=False)


async def test_a_row_without_a_place_hangs_on_the_post_else_on_the_top(city: City, blank: TestDatabase) -> None:
    async with city.database.begin(*city.clerk) as uow:
        await uow.execute(sa.update(Employer).where(Employer.id == city.fresh).values(industry="A"))
    async with city.database.begin(*city.employer(city.fresh)) as uow:
        await uow.execute(sa.update(Employer).where(Employer.id == city.fresh).values(industry="B"))
    assert [r["tenant"] for r in await rows(blank, "employers", city.fresh)][1:] == [STATION, "/"]


async def test_the_trail_is_read_below_the_post_and_written_by_nobody(city: City, blank: TestDatabase) -> None:
    async def seen(path: str) -> set[str]:
        async with city.database.begin(*city.staff(path)) as uow:
            return set(await uow.session.scalars(sa.select(AuditRow.tenant)))

    async with city.database.begin(*city.clerk) as uow:
        uow.session.add(ServiceLink(id=new_id(), subject_id=new_id(), tenant=STATION, kind="order", started_at=uow.now))
    assert await seen(STATION) == {STATION}
    assert STATION in await seen(COUNTY)
    assert STATION not in await seen(OTHER_STATION)
    for statement in (
        "UPDATE audit_log SET op = 'delete'",
        "DELETE FROM audit_log",
        "INSERT INTO audit_heads VALUES (gen_random_uuid(), 1, '')",
        "SELECT * FROM audit_pending",
        "DELETE FROM audit_pending",
        "SELECT * FROM take_anchor()",
    ):
        with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|background job"):
            async with city.database.begin(*city.clerk) as uow:
                await uow.execute(sa.text(statement))
    owner = await blank.owner()
    try:
        for statement in ("UPDATE audit_log SET op = 'delete'", "DELETE FROM audit_log"):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await owner.execute(statement)
    finally:
        await owner.close()


async def test_many_writers_of_one_place_and_of_two_in_either_order(city: City, blank: TestDatabase) -> None:
    """No deadlock, no gap: chains are locked last and in order, whatever order the rows were written in."""
    county = city.staff(COUNTY)

    async def write(number: int) -> None:
        paths = (STATION, COUNTY) if number % 2 else (COUNTY, STATION)
        async with city.database.begin(*county) as uow:
            for path in paths:
                uow.session.add(
                    ServiceLink(id=new_id(), subject_id=new_id(), tenant=path, kind="order", started_at=uow.now)
                )
                await uow.flush()
                await asyncio.sleep(0)

    await asyncio.gather(*(write(n) for n in range(60)))
    assert await faults(blank) == []
    owner = await blank.owner()
    try:
        assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE table_name = 'service_links'") == 120 + 5
    finally:
        await owner.close()


async def test_a_write_that_never_happened_leaves_no_number_behind(city: City, blank: TestDatabase) -> None:
    async with city.database.begin(*city.clerk) as uow:
        before = await uow.session.scalar(sa.select(sa.func.count()).select_from(AuditRow))
    async with city.database.begin(*city.clerk) as uow:
        await uow.execute(sa.update(Staff).where(Staff.id == new_id()).values(name="x"))
        await uow.execute(sa.select(Order))
    async with city.database.begin(*city.clerk) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(AuditRow)) == before
