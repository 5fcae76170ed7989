"""A station is removed (R131, R133, ruling 22): what is open moves in one transaction, and nothing is left without a live station."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, hire

from linggong.inbox import queries as inbox
from linggong.inspection import queries, rectifying, removing
from linggong.inspection.removing import RemovalForm
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from rbac.permissions import Permission as P
from rbac.roles import Role
from tests.tenants.rows import fill, order_with_all, people

from .conftest import COUNTY, OTHER_STATION, SECOND, STATION, Offices
from .test_cards import PAPER, give
from .test_inspections import filled, planned

BASIS = "兰人社〔2026〕5号"
LIVE = "('O_ARCHIVED', 'O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN')"


async def form(offices: Offices, **changes: Any) -> RemovalForm:
    values = {
        "site": await offices.node(),
        "target": await offices.node(SECOND),
        "basis": BASIS,
        "grounds": "整改逾期，长期不开门。",
    }
    return RemovalForm(**(values | changes))


async def remove(offices: Offices, who: Officer | None = None, **changes: Any) -> UUID:
    async with (who or offices.bureau).may(P.NODE_REMOVE) as uow:
        return (await removing.remove(uow, await form(offices, **changes))).id


async def test_who_may_and_when(offices: Offices) -> None:
    for who in (offices.operator, offices.clerk, offices.department):
        with pytest.raises((Forbidden, NotFound)):
            await remove(offices, who)
    with pytest.raises(NotFound):
        await remove(offices, target=await offices.node(OTHER_STATION))
    with pytest.raises(Invalid) as bad:
        await remove(offices, basis="", grounds=" ")
    assert {f.field for f in bad.value.faults} == {"basis", "grounds"}
    with pytest.raises(Conflict) as refused:
        await remove(offices)
    assert refused.value.extra["reasons"] == [
        "没有到期未整改的问题，也没有严重问题，不能除名。先检查、限期整改。", "“堌阳镇零工驿站”现在没有工作人员，转过去没人办。请先派岗或换一个站点。",
    ]  # fmt: skip
    await hire(offices.city.database, "guyang", Role.STATION_CLERK, SECOND, name="段玉")
    # While the deadline runs, without a serious fault, it stays (ruling 22).
    await give(offices, due_on=date(2026, 3, 20), evidence=[PAPER])
    with pytest.raises(Conflict, match="整改期限还没到"):
        await remove(offices)
    with pytest.raises(Conflict, match="不能是它自己"):
        await remove(offices, target=await offices.node())
    # What was reported in time and waits for the bureau's check is no unmet deadline either.
    async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
        fault = (await queries.findings(uow))[0]
        await rectifying.mend(uow, fault.id, words="都改好了。", photos=[offices.photo()])
    await offices.later(20)
    with pytest.raises(Conflict, match="整改期限还没到"):
        await remove(offices)


async def test_a_serious_fault_is_enough(offices: Offices) -> None:
    await hire(offices.city.database, "guyang", Role.STATION_CLERK, SECOND, name="段玉")
    await filled(offices, offices.colleague, await planned(offices, offices.colleague), "exit")
    async with offices.bureau.may(P.NODE_REMOVE) as uow:
        told = await removing.preview(uow, await offices.node(), await offices.node(SECOND))
        assert (told.serious, told.against, told.ends["工作人员岗位"], told.ends["整改"]) == (True, [], 1, 1)
        assert await removing.removals(uow) == []
    await remove(offices)


async def test_everything_open_moves_and_everybody_is_told(offices: Offices, blank: Any) -> None:
    heir = await hire(offices.city.database, "guyang", Role.STATION_CLERK, SECOND, name="段玉")
    owner = await blank.owner()
    worker, employer = await people(owner)
    guest, other = await people(owner)
    ours = await order_with_all(owner, STATION, None, worker, employer)
    away = await order_with_all(owner, SECOND, STATION, guest, other)
    old = await order_with_all(owner, STATION, None, guest, employer)
    for table in ("cases", "injuries"):
        await owner.execute(f"UPDATE {table} SET closed_at = now() WHERE order_id = $1", old["order"])
    await owner.execute("UPDATE orders SET state = 'O_ARCHIVED' WHERE id = $1", old["order"])
    await owner.execute(
        "UPDATE notices SET state = 'sent', call_wanted = false WHERE person_id = $1 AND tenant = $2", guest, STATION
    )
    now = offices.now
    for subject in (worker, employer):
        await fill(
            owner,
            "service_links",
            subject_id=subject,
            tenant=STATION,
            kind="registered",
            started_at=now,
            ends_at=now + timedelta(days=700),
        )
    screen = await fill(owner, "screens", tenant=STATION, kind="kiosk", ended_at=None)
    await fill(
        owner,
        "tickets",
        tenant=SECOND,
        day=date(2026, 3, 26),
        number=7,
        person_id=guest,
        state="waiting",
        channel="desk",
        came_at=now,
        recorded_at=now,
    )
    await fill(
        owner,
        "tickets",
        tenant=STATION,
        day=date(2026, 3, 26),
        number=3,
        person_id=worker,
        state="waiting",
        channel="kiosk",
        screen_id=screen["id"],
        came_at=now,
        recorded_at=now,
    )
    await fill(
        owner,
        "timers",
        tenant=STATION,
        via=None,
        state="live",
        region="A",
        key="t.lock",
        due_at=now + timedelta(days=90),
    )
    await give(offices, due_on=date(2026, 3, 15))
    await offices.later(16)
    async with offices.bureau.may(P.NODE_REMOVE) as uow:
        told = await removing.preview(uow, await offices.node(), await offices.node(SECOND))
    assert told.against == []
    wanted = {
        "用工订单": 1,
        "在别站订单上的本站零工": 1,
        "没办完的录用": 2,
        "没结清的工资单": 0,
        "纠纷": 2,
        "受伤报案": 2,
        "服务对象": 6,
        "排队的号": 1,
        "待办期限": 1,
    }
    assert {k: told.moves[k] for k in wanted} == wanted
    before = await owner.fetchval("SELECT count(*) FROM orders WHERE tenant = $1", STATION)
    assert before == 2
    await remove(offices)

    async def n(sql: str) -> int:
        return int(await owner.fetchval(sql, STATION))

    assert await n(f"SELECT count(*) FROM orders WHERE tenant = $1 AND state NOT IN {LIVE}") == 0
    for table in (
        "engagements",
        "assignments",
        "bills",
        "payments",
        "contract_blobs",
        "journal_entries",
        "postings",
        "site_reports",
    ):
        stays = old["order"]
        assert (
            await owner.fetchval(
                f"SELECT count(*) FROM {table} WHERE (tenant = $1 OR via = $1) AND order_id <> $2", STATION, stays
            )
            == 0
        )
    for table in ("cases", "injuries"):
        assert await n(f"SELECT count(*) FROM {table} WHERE (tenant = $1 OR via = $1) AND closed_at IS NULL") == 0
    for table in ("case_notes", "case_offers", "injury_statements", "injury_papers"):
        assert await n(f"SELECT count(*) FROM {table} WHERE via = $1") == 0
    assert await n("SELECT count(*) FROM timers WHERE (tenant = $1 OR via = $1) AND state = 'live'") == 0
    assert (
        await n("SELECT count(*) FROM service_links WHERE tenant = $1 AND ends_at > now() + interval '10 years'") == 0
    )
    # Ended work stays where it was done, and the whole of it is still there.
    assert await owner.fetchval("SELECT tenant FROM orders WHERE id = $1", old["order"]) == STATION
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM orders WHERE id = ANY($1)", [ours["order"], away["order"], old["order"]]
        )
        == 3
    )
    assert await owner.fetchval("SELECT tenant FROM board_posts WHERE order_id = $1", ours["order"]) == SECOND
    moved = await owner.fetchrow(
        "SELECT number, screen_id FROM tickets WHERE tenant = $1 AND person_id = $2", SECOND, worker
    )
    assert (moved["number"], moved["screen_id"]) == (8, None)
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM role_assignments WHERE tenant = $1 AND (ends_at IS NULL OR ends_at > $2)",
            STATION,
            offices.now,
        )
        == 0
    )
    assert await owner.fetchval("SELECT count(*) FROM screens WHERE tenant = $1 AND ended_at IS NULL", STATION) == 0
    assert await owner.fetchval("SELECT status FROM nodes WHERE path = $1", STATION) == "closed"
    sent = await owner.fetch(
        "SELECT to_side, coalesce(person_id, employer_id) AS who, text FROM notices WHERE kind = 'station_moved'"
    )
    assert {(r["to_side"], r["who"]) for r in sent} >= {
        ("worker", worker),
        ("worker", guest),
        ("employer", employer),
        ("employer", other),
    }
    assert (
        sent[0]["text"]
        == "兰阳街道零工驿站不再服务。您的登记和没办完的事都转到堌阳镇零工驿站（堌阳镇人民路1号，0371-20000001），不用您办手续。"
    )
    async with heir.may(P.MEMO_READ) as uow:
        assert "兰阳街道零工驿站除名，它的事转到这里" in [m.title for m in await inbox.received(uow)]
    async with offices.bureau.may(P.NODE_REMOVE) as uow:
        row = (await removing.removals(uow))[0]
        assert (row.moved["用工订单"], row.removed_name, row.letter_id is not None) == (1, "罗志华", True)
        assert await queries.findings(uow) == []
        assert {c.state for c in await queries.cards(uow)} == {"C_ENDED"}
    with pytest.raises(NotFound):
        await remove(offices)
    await owner.close()


async def test_the_mover_moves_nothing_beyond_the_callers_reach(offices: Offices) -> None:
    for who, source, target in (
        (offices.clerk, STATION, SECOND),
        (offices.bureau, STATION, OTHER_STATION),
        (offices.bureau, STATION, STATION),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="not the caller's"):
            async with who.may(P.NODE_READ) as uow:
                await uow.execute(sa.text("SELECT rehome_station(:s, :t, true)"), {"s": source, "t": target})
    # The mark by which append-only rows may follow opens nothing to the app itself.
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"):
        async with offices.bureau.may(P.NODE_READ) as uow:
            await uow.execute(sa.text("SELECT set_config('app.rehoming', 'on', true)"))
            await uow.execute(sa.text("UPDATE case_notes SET tenant = :t"), {"t": COUNTY})
