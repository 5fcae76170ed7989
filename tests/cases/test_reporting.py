"""Reports by anybody, without an account (R114, R115): where they land, who is told, and how often one address may."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from browsing import Browsers, browsers
from small_city import COUNTY, STATION, City

from linggong.cases import handling, queries, reporting, status
from linggong.cases.models import Case as Row
from linggong.cases.reporting import ReportForm
from linggong.kernel.errors import Invalid, TooMany
from linggong.people import messages, notices
from linggong.people.notice_models import Notice

from .conftest import Case

__all__ = ["browsers"]


async def test_a_report_lands_with_the_posts_station_and_its_sender_is_told(billed: Case) -> None:
    """Nameless with a telephone: receipt, SMS when it moves, no sight for the reported."""
    city = billed.city
    async with city.database.system() as uow:
        code = await uow.session.scalar(sa.text("SELECT trace_code FROM board_posts"))
    form = ReportForm(
        kind="false_post",
        claim="说好保洁，到了是拆墙",
        trace_code=str(code).lower(),
        phone="13900001234",
        about="赵老板",
    )
    made = await reporting.report(city.database, city.secrets, form, "10.0.0.1")
    assert (made.claimant, made.tenant, made.order_id, made.employer_id) == (
        "anonymous",
        STATION,
        billed.order_id,
        None,
    )
    async with billed.begin(billed.clerk) as uow:
        lines = await queries.cases_page(uow, which="open", cursor=None, limit=10)
        assert [line.receipt for line in lines.items] == [made.receipt]
        assert "赵老板" in (await queries.one(uow, made.id)).notes[0].words
        await handling.acknowledge(uow, made.id)
    async with billed.begin(billed.employer) as uow:
        assert (await queries.cases_page(uow, which="open", cursor=None, limit=10)).items == []
    await notices.send(city.database, city.secrets.sealer)
    sent = await messages.recent(city.database, city.secrets.sealer)
    mine = [m.text for m in sent if m.number == "13900001234"]
    assert len(mine) == 2
    assert all(made.receipt in text and "赵老板" not in text for text in mine)
    async with billed.begin(billed.bureau) as uow:
        await handling.answer(uow, made.id, outcome="核查属实，已下架")
    async with city.database.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).where(Notice.to_side == "claimant")) == 3
    found = await status.look_up(city.database, city.secrets, made.receipt, "1234", "10.0.0.2")
    assert (found.ended_how, found.outcome) == ("已答复", ""), "the answer may name the reported"


async def test_a_report_without_a_post_lands_in_the_county_or_at_the_top(billed: Case) -> None:
    city = billed.city
    form = ReportForm(kind="wage", claim="西关的工地欠了三天工钱", place=COUNTY)
    made = await reporting.report(city.database, city.secrets, form, "10.0.0.1")
    assert (made.tenant, made.kind, made.phone_sealed) == (COUNTY, "wage", None)
    await reporting.report(
        city.database, city.secrets, ReportForm(kind="agency", claim="巷口有人收钱介绍活"), "10.0.0.1"
    )
    async with city.database.system() as uow:
        assert (await uow.session.scalars(sa.select(Row.tenant).where(Row.kind == "agency"))).all() == ["/4102/"]
        assert await uow.session.scalar(sa.select(sa.func.count()).where(Notice.to_side == "claimant")) == 0


async def test_every_fault_is_told_at_once_and_nothing_is_kept(billed: Case) -> None:
    city = billed.city
    form = ReportForm(kind="wage", claim=" ", trace_code="NOSUCH00", place="/4102/99/", phone="12")
    with pytest.raises(Invalid) as caught:
        await reporting.report(city.database, city.secrets, form, "10.0.0.1")
    assert {f.field for f in caught.value.faults} == {"claim", "trace_code", "place", "phone"}
    async with city.database.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Row)) == 0


async def test_one_address_reports_a_few_times_an_hour(billed: Case) -> None:
    city = billed.city
    form = ReportForm(kind="fee", claim="要交五十块押金才给活", place=COUNTY)
    for _ in range(5):
        await reporting.report(city.database, city.secrets, form, "10.0.0.1")
    with pytest.raises(TooMany, match="12333"):
        await reporting.report(city.database, city.secrets, form, "10.0.0.1")
    await reporting.report(city.database, city.secrets, form, "10.0.0.2")


async def test_the_page_gives_a_receipt_that_opens_the_state(browsers: Browsers, city: City) -> None:
    anybody = await browsers.anybody()
    blank = await anybody.get("/report")
    assert "不用登记" in blank.text
    token = re.search(r'name="_csrf" value="([^"]+)"', blank.text)
    assert token
    anybody.headers["x-csrf-token"] = token.group(1)
    wrong = await anybody.post("/report", data={"kind": "wage", "claim": "欠"})
    assert wrong.status_code == 422
    page = await anybody.post("/report", data={"kind": "wage", "claim": "西关的工地欠了三天工钱", "place": COUNTY})
    assert page.status_code == 200, page.text[:500]
    async with city.database.system() as uow:
        row = (await uow.session.scalars(sa.select(Row))).one()
    assert row.receipt in page.text
    seen = await anybody.post("/case", data={"receipt": row.receipt, "digits": row.digits})
    assert "等工作人员受理" in seen.text
    answer = await anybody.post("/api/v1/reports", json={"kind": "agency", "claim": "巷口有人收钱介绍活"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"receipt", "digits", "id"}
