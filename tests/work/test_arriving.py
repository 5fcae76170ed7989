"""Proofs of arrival (36): who may prove how, a point and its consent, the card, late entries, a crew; the gate of the start (37)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import START

from linggong.kernel import clock, timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Consent, Person
from linggong.work import attend, gates
from linggong.work.models import Assignment, Engagement
from linggong.work.proofs import arrival_code
from linggong.work.site_models import SiteReport

from .conftest import Site
from .looking import FAR, JPEG, NEAR, replays, shift, told
from .walking import signed


async def at_the_gate(site: Site, n: int = 0) -> UUID:
    _, one = await signed(site, n)
    site.city.clock.move_to(START - timedelta(minutes=10))
    return one


def code(site: Site) -> str:
    return arrival_code(site.city.secrets, site.order_id, clock.business_date(START))


async def reports(site: Site) -> list[SiteReport]:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return list((await uow.session.scalars(sa.select(SiteReport).order_by(SiteReport.recorded_at))).all())


async def test_a_point_near_the_place_is_kept_coarse_after_one_consent(site: Site) -> None:
    one = await at_the_gate(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid, match="同意"):
            await attend.arrive(uow, one, method="geo_photo", point=NEAR)
        with pytest.raises(Invalid, match="定位"):
            await attend.arrive(uow, one, method="geo_photo", consent=True)
        with pytest.raises(Invalid, match="米"):
            await attend.arrive(uow, one, method="geo_photo", point=FAR, consent=True)
        row = await attend.arrive(
            uow, one, method="geo_photo", point=NEAR, consent=True, photo=JPEG, secrets=site.city.secrets
        )
        assert (row.state, row.arrived_method) == ("A_ARRIVED", "geo_photo")
    kept = (await reports(site))[0]
    assert kept.details["point"] == [34.821, 114.821]
    assert kept.photo_sealed is not None
    assert JPEG not in kept.photo_sealed
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert list(await uow.session.scalars(sa.select(Consent.purpose))) == ["location"]
    assert "34.8" not in str(await told(site, "assignment.arrived"))
    await replays(site)


async def test_the_consent_is_asked_once(site: Site) -> None:
    one = await at_the_gate(site)
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Consent(
                id=one, person_id=site.workers[0], purpose="location", text_version="x", method="tap", evidence="",
                given_at=uow.now,
            )
        )  # fmt: skip
    async with site.begin(site.worker()) as uow:
        assert (await attend.arrive(uow, one, method="geo_photo", point=NEAR)).state == "A_ARRIVED"


@pytest.mark.parametrize(
    ("who", "method"),
    [("worker", "roll_call"), ("worker", "clerk"), ("worker", "id_card"), ("employer", "code"), ("employer", "clerk"),
     ("employer", "geo_photo"), ("clerk", "code"), ("clerk", "geo_photo"), ("worker", "crew")],
)  # fmt: skip
async def test_nobody_proves_what_is_anothers_to_prove(site: Site, who: str, method: Any) -> None:
    one = await at_the_gate(site)
    actor = {"worker": site.worker(), "employer": site.employer, "clerk": site.clerk}[who]
    async with site.begin(actor) as uow:
        with pytest.raises(Invalid):
            await attend.arrive(
                uow, one, method=method, code=code(site), point=NEAR, consent=True, secrets=site.city.secrets
            )


async def test_another_mans_card_is_refused(site: Site) -> None:
    one = await at_the_gate(site)
    sealer = site.city.secrets.sealer
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        index = sealer.blind_index("id", "410225196805120011")
        await uow.execute(sa.update(Person).where(Person.id == site.workers[0]).values(id_index=index))
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Invalid, match="冒名"):
            await attend.arrive(uow, one, method="id_card", id_number="410225196805120012", secrets=site.city.secrets)
        row = await attend.arrive(uow, one, method="id_card", id_number="410225196805120011", secrets=site.city.secrets)
        assert row.arrived_method == "id_card"
    assert "41022519680512" not in str((await reports(site))[0].details)


@pytest.mark.parametrize(("days", "late"), [(0.9, False), (1.5, True)])
async def test_an_entry_after_a_day_is_legal_and_flagged(site: Site, days: float, late: bool) -> None:
    """Section 0 no. 7; the shift then runs through by itself and is paid."""
    _, one = await signed(site)
    site.city.clock.move_to(START + timedelta(days=days))
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="几点到"):
            await attend.arrive(uow, one, method="roll_call")
        with pytest.raises(Invalid):
            await attend.arrive(uow, one, method="roll_call", came_at=START + timedelta(hours=12))
        await attend.arrive(uow, one, method="roll_call", came_at=START)
    assert [r.late for r in await reports(site)] == [late]
    assert [b["late_entry"] for b in await told(site, "assignment.arrived")] == [late]
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.minutes) == ("A_FINISHED", 480)
    await replays(site)


async def test_after_a_week_nothing_is_entered_any_more(site: Site) -> None:
    _, one = await signed(site)
    site.city.clock.move_to(START + timedelta(days=8))
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict):
            await attend.arrive(uow, one, method="clerk", came_at=START)


async def test_a_photo_that_is_none_is_refused(site: Site) -> None:
    one = await at_the_gate(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid, match="照片"):
            await attend.arrive(uow, one, method="code", code=code(site), photo=b"%PDF-1.7", secrets=site.city.secrets)


async def test_the_leader_brings_his_crew_and_each_says_so_himself(site: Site) -> None:
    """Worked path c begins so."""
    leader, mate = await at_the_gate_with_leader(site)
    async with site.begin(site.worker(2)) as uow:
        with pytest.raises(NotFound):
            await attend.crew_arrives(uow, site.order_id, code=code(site), secrets=site.city.secrets)
    async with site.begin(site.worker(0)) as uow:
        with pytest.raises(Invalid, match="到岗码"):
            await attend.crew_arrives(uow, site.order_id, code="x", secrets=site.city.secrets)
        waiting = await attend.crew_arrives(uow, site.order_id, code=code(site), secrets=site.city.secrets)
        assert {w.id for w in waiting} == {leader, mate}
    assert (await shift(site, mate)).state == "A_CONTRACTED"
    async with site.begin(site.worker(1)) as uow:
        row = await attend.arrive(uow, mate, method="crew")
        assert (row.state, row.arrived_method) == ("A_ARRIVED", "crew")
    await replays(site)


async def at_the_gate_with_leader(site: Site) -> tuple[UUID, UUID]:
    _, leader = await signed(site, 0)
    _, mate = await signed(site, 1)
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for table in (Engagement, Assignment):
            await uow.execute(sa.update(table).values(leader_id=site.workers[0]))
    site.city.clock.move_to(START - timedelta(minutes=10))
    return leader, mate


async def test_a_start_that_a_gate_refuses_waits_and_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """37 and ruling 4: no cover and no waiver, no start; when it comes, the clock starts him."""
    one = await at_the_gate(site)
    missing = ["还没有保险，也没有放弃声明。"]

    async def gate(*_: object) -> str | None:
        return missing[0] if missing else None

    monkeypatch.setitem(gates.ready_to_start, "test", gate)
    async with site.begin(site.worker()) as uow:
        await attend.arrive(uow, one, method="code", code=code(site), secrets=site.city.secrets)
    site.at(minutes=11)
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="保险"):
            await attend.start(uow, one)
    assert (await shift(site, one)).state == "A_ARRIVED"
    assert [b["reason"] for b in await told(site, "assignment.start_blocked")] == missing
    missing.clear()
    async with site.begin(site.clerk) as uow:
        row = await uow.session.get_one(Assignment, one)
        await uow.emit(
            NewEvent(
                type="cover.waived", chain=f"order:{site.order_id}", subject_id=row.id, tenant=row.tenant,
                body={"engagement": str(row.engagement_id)},
            )
        )  # fmt: skip
    await timers.sweep(site.city.database)
    assert (await shift(site, one)).state == "A_WORKING"
