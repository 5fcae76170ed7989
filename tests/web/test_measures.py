"""The statistics page: whatever may be asked stands in the address, a figure is the number of its records, a workbook says what it holds."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from browsing import Browsers
from python_calamine import CalamineWorkbook
from small_city import COUNTY, OTHER_COUNTY
from sqlalchemy.engine import Engine

from linggong.contracts import subscribers as contract_subscribers
from linggong.kernel import timers
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.measures import behind, facts
from linggong.measures.answers import answer
from linggong.measures.behind import SOURCES, Asked
from linggong.measures.definitions import BY_ID, DEFINITIONS
from linggong.people import sessions, staff
from linggong.wages import service as wages
from linggong.wages import subscribers as wage_subscribers
from linggong.web.measures import shown
from linggong.work import rating
from linggong.work import subscribers as work_subscribers
from rbac.roles import Role
from tests.work.conftest import Site, people, publish
from tests.work.walking import accepted, signed

CITY, DAY = "/4102/", date(2026, 3, 11)
HERE = f"path={COUNTY}&period=month&first=2026-03-01"


@pytest.fixture(autouse=True)
def _loop() -> None:
    work_subscribers.register()
    contract_subscribers.register()
    wage_subscribers.register()


async def office(browsers: Browsers, role: Role, path: str) -> httpx.AsyncClient:
    """The browser of somebody at an office."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, f"m{role}{path.count('/')}", "王处", role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def lived(browsers: Browsers) -> None:
    """A day: of three wanted one worked, was paid and was rated, one signed and stayed away; then the bill's day passed."""
    city = browsers.city
    site = Site(city, await publish(city, headcount=3), await people(city, 3))
    await signed(site, 1)
    engagement_id, _, bill_id = await accepted(site, 0)
    async with city.database.begin(*city.clerk) as uow:
        payment = await wages.record_payment(uow, bill_id, amount_fen=20000, channel="cash")
        await wages.answer_payment(uow, payment.id, received=True)
        await rating.rate(uow, engagement_id, stars=5, tags=[], side="worker", channel="desk")
    city.clock.advance(timedelta(days=4))
    await timers.sweep(city.database, limit=1000)


async def test_each_countable_figure_is_the_number_of_its_records(browsers: Browsers) -> None:
    await lived(browsers)
    database = browsers.city.database
    await facts.refresh(database)
    top, held = tenant_path(COUNTY), set()
    who = Actor(kind="staff", id=new_id(), post=top, role="county_bureau")
    first, last = DAY - timedelta(days=5), DAY + timedelta(days=3)
    async with database.begin(who, Scope(trees=(top,))) as uow:
        for definition in (d for d in DEFINITIONS if d.figures):
            told = {v.key: v for v in (await answer(uow, definition.id, top, first=first, last=last)).figures}
            for figure in definition.figures:
                value = told[figure.key]
                for component, number in ((figure.above, value.above), (figure.below, value.below)):
                    if component not in SOURCES or value.hidden or figure.kind == "computed":
                        continue
                    seen, cursor = [], None
                    while True:
                        asked = Asked(component, top, first, last)
                        page = await behind.records(uow, database, asked, seen=[uow.scope], cursor=cursor, limit=1)
                        seen, cursor = [*seen, *page.items], page.next
                        if cursor is None:
                            break
                    if figure.kind == "persons":
                        assert len({one.key for one in seen}) == number, (definition.id, component)
                    elif figure.kind == "percentile" and component == figure.below:
                        assert sum(one.amount for one in seen) == (number or 0) - (value.above or 0)
                    else:
                        assert sum(one.amount for one in seen) == number, (definition.id, component)
                    assert len({(one.id, one.key) for one in seen}) == len(seen)
                    held |= {component} if seen else set()
    assert {
        "wanted",
        "confirmed",
        "arrived",
        "contracted",
        "bills.confirmed",
        "due.fen",
        "rated.worker",
        "said.all",
        "first.minutes",
    } <= held


async def test_a_question_in_the_address_is_answered_explained_and_taken_along(browsers: Browsers) -> None:
    await lived(browsers)
    county = await office(browsers, Role.COUNTY_BUREAU, COUNTY)
    glance = await county.get(f"/bureau/measures?{HERE}")
    assert glance.status_code == 200
    assert glance.text.count('class="sheet measure"') == len(DEFINITIONS)
    assert "33.3%" in glance.text, "one of three came"
    assert shown.HIDDEN in glance.text, "one wage is nobody's business"
    split = await county.get(f"/bureau/measures?{HERE}&by=day&m=M04&m=M07")
    assert "<polyline" in split.text or "<circle" in split.text
    places = await county.get(f"/bureau/measures?{HERE}&by=place&m=M04")
    assert "兰阳街道" in places.text
    why = await county.get(f"/bureau/measures/M04?{HERE}")
    assert "到岗人次 ÷ 需要人次" in why.text
    sides = re.findall(r'href="([^"]+of=[^"]+)#records"', why.text)
    assert len(sides) == 2
    for side in sides:
        listed = (await county.get(side.replace("&amp;", "&"))).text
        assert len(re.findall(r'<th scope="row"><a class="hit" href="/', listed)) == 1, "the record, and the way to it"
        assert "李国强" not in listed
    book = await county.get(f"/bureau/measures/export?{HERE}&by=place&m=M04")
    figures, words = sheets_of(book.content)
    assert figures[-1] == ["合计", 0.3333]
    assert words[0][:2] == ["地方", "兰考县"]
    assert any(line[0] == "导出人" and "王处" in line[1] for line in words)
    assert any(line[0] == "M04" and line[2] == BY_ID["M04"].version for line in words if len(line) > 2)


def sheets_of(content: bytes) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_index(n).to_python() for n in range(2)]


WRONG = (
    ("period=hour", "没有这种时间段"), ("first=2026-02-30", "日期写法不对"), ("first=2026-03-02&last=2026-03-01", "不能早于第一天"),
    ("first=2024-01-01&last=2026-01-01", "最多看 366 天"), ("trade=zzqq", "没有“zzqq”这个工种"), ("group=x", "没有这个人群"),
    ("m=M99", "没有 M99 这个指标"), ("by=day", "请先勾选 1 到 6 个指标"), ("by=day&m=M04&first=2025-06-01&last=2026-03-01", "最多看 92 天"),
)  # fmt: skip


async def test_a_wrong_question_is_told_what_to_do_and_stays_typed(browsers: Browsers) -> None:
    analyst = await office(browsers, Role.CITY_ANALYST, CITY)
    for query, words in WRONG:
        page = await analyst.get(
            f"/bureau/measures?{query}&group=60" if "group" not in query else f"/bureau/measures?{query}"
        )
        assert page.status_code == 400, query
        assert words in page.text, query
        assert "group" in query or '<option value="60" selected>' in page.text
        assert (await analyst.get(f"/bureau/measures/export?{query}")).status_code == 422
    for metric in ("M19", "M20", "M21", "M24"):
        assert "逐个站点看" in (await analyst.get(f"/bureau/measures/{metric}")).text
    assert (await analyst.get("/bureau/measures/M99")).status_code == 404
    assert (await analyst.get("/bureau/measures/M04?of=arrived")).text.count("不归您的岗位看") == 1, (
        "figures, not records"
    )
    county = await office(browsers, Role.COUNTY_BUREAU, OTHER_COUNTY)
    for page_of in ("", "/M04", "/export"):
        assert (await county.get(f"/bureau/measures{page_of}?path={COUNTY}")).status_code == 404
    clerk = await browsers.clerk()
    assert (await clerk.get("/bureau/measures")).status_code == 403


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(Engine, "before_cursor_execute", note)


async def test_all_measures_at_a_glance_are_few_queries(browsers: Browsers, statements: list[str]) -> None:
    city = await office(browsers, Role.CITY_BUREAU, CITY)
    await city.get("/bureau/measures")
    statements.clear()
    assert (await city.get(f"/bureau/measures?path={CITY}")).status_code == 200
    asked = [s for s in statements if "metric_facts" in s or "metric_sums" in s]
    print(len(asked), "statements of facts of", len(statements))
    assert 0 < len(asked) <= MOST
    statements.clear()
    await city.get(f"/bureau/measures?path={CITY}&by=place&m=M04&m=M12")
    assert 0 < len([s for s in statements if "metric_facts" in s or "metric_sums" in s]) <= MOST


MOST = 20
