"""The pages of ledgers, days and reports over HTTP: what a clerk owes on his first screen, what he signs, what the bureau takes away."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from browsing import Browsers, browsers
from small_city import COUNTY, STATION, _timers, city

from linggong.kernel.ids import new_id
from linggong.kernel.sheets import read_sheet
from linggong.ledgers import months
from linggong.measures.site_models import SiteDay
from rbac.roles import Role
from tenants import service
from tests.web.desk import at_post

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["_timers", "browsers", "city"]


async def test_a_clerk_writes_and_signs(browsers: Browsers, blank: TestDatabase) -> None:
    clerk = await browsers.clerk()
    async with browsers.city.database.system() as uow:
        uow.session.add(
            SiteDay(
                id=new_id(),
                tenant=STATION,
                day=date(2026, 3, 9),
                sign="clerk",
                n=1,
                first_at=datetime(2026, 3, 9, tzinfo=UTC),
            )
        )
    assert "3月9日的日志没签" in (await clerk.get("/desk")).text
    page = (await clerk.get("/ledgers/days")).text
    assert "有 1 天没签" in page
    assert "签字，存档" in page
    refused = await clerk.post("/ledgers/days/sign", data={"day": "2026-03-11", "note": "停电半天"})
    assert refused.status_code == 422
    assert "还没到的日子不能签" in refused.text
    signed = await clerk.post("/ledgers/days/sign", data={"day": "2026-03-09", "note": "停电半天"})
    assert signed.status_code == 303
    page = (await clerk.get("/ledgers/days?on=2026-03-09")).text
    assert "停电半天" in page
    assert "迟签" in page
    assert "日志没签" not in (await clerk.get("/desk")).text
    await clerk.post("/ledgers/days/add", data={"day": "2026-03-09", "note": "下午来电"})

    assert "灵活用工政策宣讲" in (await clerk.get("/ledgers")).text
    async with browsers.city.database.system() as uow:
        await service.set_parameter(uow, "/4102/", "ledgers", "其他事项台账", "文件")
    refused = await clerk.post(
        "/ledgers/lines", data={"ledger": "other", "what": "社保补贴", "n": "三十", "photo_point": ""}
    )
    assert refused.status_code == 422
    assert "人数请填" in refused.text
    assert 'value="社保补贴"' in refused.text
    await clerk.post("/ledgers/lines", data={"ledger": "other", "what": "社保补贴", "n": "30", "place": "东关"})
    page = (await clerk.get("/ledgers/lines?ledger=other")).text
    assert "社保补贴" in page
    assert "没填全" in page
    assert (await clerk.get("/ledgers/lines?ledger=gossip")).status_code == 404


async def test_a_month_goes_up(browsers: Browsers, blank: TestDatabase) -> None:
    clerk = await browsers.clerk()
    await months.nightly(browsers.city.database)
    assert "月报没签，迟了" in (await clerk.get("/desk")).text
    owner = await blank.owner()
    report = await owner.fetchval("SELECT id FROM month_reports WHERE tenant = $1", STATION)
    await owner.close()
    page = (await clerk.get(f"/reports/{report}")).text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    assert "核对无误，签报" in page
    bureau = await at_post(browsers, "xian", Role.COUNTY_BUREAU, path=COUNTY)
    assert "兰阳街道零工驿站" in (await bureau.get("/reports")).text.partition("还有 1 个站点没报")[2]
    assert (await clerk.post(f"/reports/{report}/sign", data={"seen": seen, "remark": "节后"})).status_code == 303
    assert (await clerk.post(f"/reports/{report}/approve")).status_code == 403
    assert (await bureau.post(f"/reports/{report}/return", data={"words": ""})).status_code == 422
    assert (await bureau.post(f"/reports/{report}/approve")).status_code == 303
    page = (await bureau.get("/reports")).text
    assert "全部报齐了" in page
    book = await bureau.get("/reports/sheet?kind=xlsx")
    table = read_sheet(book.content, "a.xlsx", max_rows=50)
    assert table.headers[0] == "兰考县零工驿站月报表"
    assert str(table.rows[1][0]) == "站点"
    assert (await bureau.get("/reports/sheet?kind=pdf")).content.startswith(b"%PDF")
    assert (await clerk.get(f"/reports/{report}/sheet?kind=pdf")).content.startswith(b"%PDF")
    assert (await bureau.get("/reports/sheet?kind=exe")).status_code == 404
    form = {
        "path": COUNTY,
        "form": "month_report",
        "title": "月报",
        "columns": "station=单位\nsalary=工资",
        "source": "兰人社〔2026〕3号",
    }
    refused = await bureau.post("/reports/layout", data=form)
    assert refused.status_code == 422
    assert "没有这些列：salary" in refused.text
    assert (
        await bureau.post("/reports/layout", data=form | {"columns": "station=单位\nwanted=要人"})
    ).status_code == 303
    table = read_sheet((await bureau.get("/reports/sheet")).content, "a.xlsx", max_rows=50)
    assert [str(cell) for cell in table.rows[1]] == ["单位", "要人"]
    assert (await clerk.get("/reports/layout")).status_code == 403
    found = (await bureau.get("/api/v1/month-reports/?month=2026-02")).json()
    assert (found["whole"]["sent"], found["missing"]) == (1, [])
    lines = await bureau.get("/ledgers/sheet?ledger=demand&kind=xlsx")
    assert read_sheet(lines.content, "a.xlsx", max_rows=50).headers[0] == "兰考县灵活用工企业需求台账"


@pytest.mark.parametrize("page", ["/ledgers", "/reports?month=2026-03", "/places", "/inspections", "/rectifications"])
async def test_staff_whose_session_ended_come_to_their_own_door(browsers: Browsers, page: str) -> None:
    """Not to the workers' door, which asks for a telephone; and back to where they were."""
    asked = await (await browsers.anybody()).get(page)
    path = page.partition("?")[0]
    assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/sign-in/staff")
    assert f"next={path}" in asked.headers["location"]
