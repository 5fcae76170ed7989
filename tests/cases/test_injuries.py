"""An injury from the button to the last payment (79 to 88, ruling 13), and the register of incidents (R112)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import STATION, City

from linggong.cases import claims, handling, incidents, indicators, injuries, injury_queries, talks
from linggong.cases.forms import InjuryForm, OfferForm, SignForm
from linggong.cases.injury_models import Injury
from linggong.cases.models import Case as Row
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.wages import service as wages
from linggong.wages.models import Bill
from linggong.work import attend
from linggong.work.models import Assignment
from tests.work.conftest import people, publish
from tests.work.walking import at_work, signed

from .conftest import Case


@pytest.fixture
async def site(city: City) -> Case:
    """Two people at work since half past seven."""
    made = Case(city, await publish(city), await people(city, 3))
    _, made.mate_id = await signed(made, 1)
    made.engagement_id, made.assignment_id = await at_work(made, 0)
    code = attend.arrival_code(city.secrets, made.order_id, date(2026, 3, 11))
    async with made.begin(made.worker(1)) as uow:
        await attend.arrive(uow, made.mate_id, method="code", code=code, secrets=city.secrets)
    await timers.sweep(city.database)
    return made


async def reported(site: Case, *, can_go_on: bool = False, minutes: int = 30) -> UUID:
    site.at(hours=3)
    form = InjuryForm(
        assignment_id=site.assignment_id, happened_minutes_ago=minutes, place="东墙脚手架", can_go_on=can_go_on
    )
    async with site.begin(site.worker(0)) as uow:
        return (await injuries.report(uow, form)).id


async def verified(site: Case) -> UUID:
    injury_id = await reported(site)
    async with site.begin(site.clerk) as uow:
        await injuries.called(uow, injury_id, words="本人接电话，右脚崴了")
        await injuries.visited(uow, injury_id, words="到工地看了")
        with pytest.raises(Invalid, match="两个人"):
            await injuries.verify(uow, injury_id)
        await injuries.state(uow, injury_id, name="李甲", role="worker", words="踩空了一级")
        await injuries.state(uow, injury_id, name="张工友", role="co_worker", words="看见他踩空")
        await injuries.verify(uow, injury_id)
    return injury_id


async def row_of(site: Case, injury_id: UUID) -> Injury:
    async with site.city.database.system() as uow:
        return await uow.session.get_one(Injury, injury_id)


async def test_who_cannot_go_on_has_finished_at_that_minute(site: Case) -> None:
    """79 and 88: the shift ends in part, and its wages are billed as ever."""
    injury_id = await reported(site)
    async with site.city.database.system() as uow:
        shift = await uow.session.get_one(Assignment, site.assignment_id)
    assert shift.state == "A_FINISHED"
    assert shift.finished_at == site.city.clock.now() - timedelta(minutes=30)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, site.assignment_id)
    async with site.city.database.system() as uow:
        bill = (await uow.session.scalars(sa.select(Bill))).one()
    assert 0 < bill.total_fen < 20000
    async with site.begin(site.clerk) as uow:
        seen = await injury_queries.one(uow, injury_id)
    assert {"called", "visited", "state", "verify"} <= set(seen.actions)


async def test_who_can_go_on_stays_at_work(site: Case) -> None:
    await reported(site, can_go_on=True)
    async with site.city.database.system() as uow:
        assert (await uow.session.get_one(Assignment, site.assignment_id)).state == "A_WORKING"
    async with site.begin(site.worker(0)) as uow:
        with pytest.raises(Conflict, match="报过案"):
            await injuries.report(uow, InjuryForm(assignment_id=site.assignment_id))


async def test_the_reporter_is_told_whom_to_call(site: Case) -> None:
    injury_id = await reported(site)
    async with site.begin(site.worker(0)) as uow:
        told = await injuries.first_help(uow, STATION, injury_id)
    assert told.emergency == "120"
    assert told.station


async def test_clocks_that_were_missed_stay(site: Case) -> None:
    injury_id = await reported(site)
    site.at(hours=24, minutes=1)
    await timers.sweep(site.city.database)
    assert set((await row_of(site, injury_id)).breaches) == {"call", "visit", "insurer"}


async def test_a_co_worker_reports_by_the_name_he_knows(site: Case) -> None:
    own = site.mate_id
    site.at(hours=2)
    database = site.city.database
    async with site.begin(site.worker(1)) as uow:
        hurt = InjuryForm(assignment_id=own, can_go_on=False, words="从梯子上掉下来")
        for name in ("王师傅", "", "李"):
            with pytest.raises(Invalid, match="120"):
                await injuries.report_mate(uow, database, own, name, hurt)
        told = await injuries.report_mate(uow, database, own, "李师傅", hurt)
    assert told.injury_id is None, "what became of it is not his to read"
    async with site.city.database.system() as uow:
        assert (await uow.session.scalars(sa.select(Injury))).one().reported_by == "co_worker"
    async with site.begin(site.worker(2)) as uow:
        with pytest.raises(NotFound):
            await injuries.report_mate(uow, database, own, "李师傅", hurt)


async def test_without_cover_the_legal_form_decides(site: Case) -> None:
    """82, path f: a dispute with the employer; 87 waits for all money."""
    injury_id = await verified(site)
    async with site.begin(site.worker(0)) as uow:
        case_id = (await claims.civil(uow, injury_id, claim="医药费和误工费", amount_fen=80000)).id
        assert "civil" not in (await injury_queries.one(uow, injury_id)).actions
    row = await row_of(site, injury_id)
    assert "1192" in row.legal_path
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, site.assignment_id)
        bill = (await uow.session.scalars(sa.select(Bill))).one()
        payment = (await wages.record_payment(uow, bill.id, amount_fen=bill.total_fen, channel="cash")).id
    operator = site.officer("county_operator")
    async with site.begin(operator) as uow:
        with pytest.raises(Invalid) as refused:
            await claims.close(uow, injury_id, summary="双方谈好了")
        assert len(refused.value.faults) == 2, "the dispute and the wages"
    async with site.begin(site.worker(0)) as uow:
        await wages.answer_payment(uow, payment, received=True)
    async with site.begin(site.clerk) as uow:
        await handling.contact(uow, case_id, words="都联系上了")
    async with site.begin(site.employer) as uow:
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=60000))).id
        await talks.sign(uow, case_id, offer_id, SignForm())
    async with site.begin(site.worker(0)) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm())
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await claims.close(uow, injury_id, summary="双方谈好了")
    async with site.begin(operator) as uow:
        await claims.close(uow, injury_id, summary="赔 600 元，双方签字。")
    assert (await row_of(site, injury_id)).state == "I_CLOSED"


async def claimed(site: Case) -> UUID:
    injury_id = await verified(site)
    async with site.begin(site.employer) as uow:
        await injuries.notify_insurer(uow, injury_id, ref="报案 8801", policy_no="PA2026-1")
        await claims.claim(uow, injury_id, policy_no="PA2026-1", ref="报案 8801")
    return injury_id


async def test_papers_are_sealed_consented_and_opened_with_a_record(site: Case) -> None:
    injury_id = await claimed(site)
    sealer = site.city.secrets.sealer
    async with site.begin(site.worker(0)) as uow:
        with pytest.raises(Invalid, match="单独同意"):
            await claims.hand_in(uow, sealer, injury_id, kind="diagnosis", content="右踝骨折", consent=False)
        paper = await claims.hand_in(uow, sealer, injury_id, kind="diagnosis", content="右踝骨折", consent=True)
    assert "骨折".encode() not in paper.content_sealed
    async with site.begin(site.employer) as uow:
        assert (await injury_queries.one(uow, injury_id)).papers == [], "an employer sees no health data"
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Forbidden):
            await claims.open_paper(uow, sealer, injury_id, paper.id)
    insurer = site.officer("insurer", "/4102/")
    async with site.begin(insurer) as uow:
        assert await claims.open_paper(uow, sealer, injury_id, paper.id) == "右踝骨折"
    async with site.city.database.system() as uow:
        assert await uow.session.scalar(sa.select(Event.id).where(Event.type == "injury.paper_opened"))


async def test_reminded_on_day_7_30_and_60(site: Case) -> None:
    injury_id = await claimed(site)
    for days in (7, 23, 30):
        site.at(days=days, minutes=1)
        await timers.sweep(site.city.database)
    async with site.city.database.system() as uow:
        told = await uow.session.scalar(
            sa.select(sa.func.count()).where(Event.subject_id == injury_id, Event.type == "injury.papers_reminded")
        )
    assert told == 3


async def test_refused_appealed_and_paid(site: Case) -> None:
    injury_id = await claimed(site)
    sealer = site.city.secrets.sealer
    insurer = site.officer("insurer", "/4102/")
    async with site.begin(site.worker(0)) as uow:
        await claims.hand_in(uow, sealer, injury_id, kind="receipt", content="门诊发票", consent=True, amount_fen=30000)
        with pytest.raises(Conflict):
            await claims.decide(uow, injury_id, decision="我给自己批了", accepted=True, amount_fen=100)
    async with site.begin(insurer) as uow:
        await claims.decide(uow, injury_id, decision="不属于保险责任", accepted=False)
    async with site.begin(site.worker(0)) as uow:
        await claims.appeal(uow, injury_id, words="有工友作证是上工时摔的")
    async with site.begin(insurer) as uow:
        await claims.decide(uow, injury_id, decision="复核后同意赔付", accepted=True, amount_fen=30000)
        await claims.paid(uow, injury_id, amount_fen=30000)
    row = await row_of(site, injury_id)
    assert (row.state, row.paid_fen) == ("I_PAID", 30000)


async def test_only_confirmed_incidents_count_and_somebody_else_confirms(site: Case) -> None:
    day = date(2026, 3, 11)
    bureau = site.bureau
    async with site.begin(bureau) as uow:
        own = (await incidents.record(uow, kind="fight", words="门口打架", happened_at=uow.now)).id
    async with site.begin(site.clerk) as uow:
        fraud = (await incidents.record(uow, kind="fraud", words="收押金跑了", happened_at=uow.now)).id
        with pytest.raises(Invalid) as refused:
            await incidents.record(uow, kind="x", words="", happened_at=uow.now + timedelta(hours=1))
        assert len(refused.value.faults) == 3
    async with site.begin(bureau) as uow:
        with pytest.raises(Conflict, match="您登记的"):
            await incidents.decide(uow, own, confirmed=True, findings="属实，已报警")
        await incidents.decide(uow, fraud, confirmed=True, findings="属实，已报警")
    async with site.begin(site.bureau) as uow:
        await incidents.decide(uow, own, confirmed=False, findings="只是拌了几句嘴")
        found = {c.kind: c for c in await incidents.counts(uow, day, day)}
    assert (found["fraud"].confirmed, found["fight"].confirmed, found["fight"].unfounded) == (1, 0, 1)


async def test_trouble_without_a_case_is_shown_by_station(billed: Case) -> None:
    billed.at(hours=30)
    await timers.sweep(billed.city.database)
    async with billed.begin(billed.bureau) as uow:
        lines = await indicators.hidden(uow, date(2026, 3, 1), date(2026, 3, 31))
        assert [(line.tenant, line.unpaid, line.hidden, line.cases) for line in lines] == [(STATION, 1, 1, 0)]
        level = await indicators.service_level(uow, date(2026, 3, 1), date(2026, 3, 31))
    assert (level.cases, level.finished) == (0, 1)
    async with billed.city.database.system() as uow:
        assert not (await uow.session.scalars(sa.select(Row))).all()
