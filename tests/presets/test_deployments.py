"""The five places from one build, each on a database of its own: tree, parameters, names, card, and the app that serves it (R003)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy as sa
from officers import hire
from served import served

from linggong.app import registry
from linggong.assessment import card as cards
from linggong.assessment import keeping
from linggong.demo import sign_ins
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import ANONYMOUS, Database
from linggong.kernel.settings import Settings
from linggong.people import sessions
from linggong.people.models import Staff
from rbac.permissions import Permission
from rbac.roles import Role
from tenants import commands, queries, service, texts
from tenants.kinds import NodeKind
from tenants.naming import check_name
from tenants.preset_files import load_preset

if TYPE_CHECKING:
    from conftest import Server

K = NodeKind
HOMES = {
    "kaifeng": "/4102/",
    "jianning": "/3504/30/",
    "shashi": "/4210/02/",
    "shaxian": "/3504/05/",
    "longli": "/5227/30/",
}
"""The place whose paper each preset is."""
CITIES = {
    "kaifeng": "开封市",
    "jianning": "三明市",
    "shashi": "荆州市",
    "shaxian": "三明市",
    "longli": "黔南布依族苗族自治州",
}
SHAPES = {
    # counties and zones, townships, county markets, stations, third tier
    "kaifeng": (10, 124, 10, True),
    "jianning": (1, 10, 1, True),
    "shashi": (1, 10, 1, True),
    "shaxian": (1, 15, 1, True),
    "longli": (1, 6, 1, True),
}
OWN_NUMBERS = {
    "kaifeng": {"topology.counties": "10", "station.min_area_m2": None, "renewal.min_grade": None},
    "jianning": {"renewal.min_grade": "良好", "fee.ceiling_year": "40000000", "station.min_area_m2": None},
    "shashi": {"station.min_area_m2": "15", "card.red_is_award": "true", "renewal.min_grade": None},
    "shaxian": {"renewal.min_grade": "合格", "grade.bands": "[]", "station.min_area_m2": None},
    "longli": {"station.min_area_m2": "20", "fair.min_employers": "5", "card.red_is_award": "false"},
}
"""What holds there and not elsewhere; nothing where the paper says nothing."""
OF_ANOTHER = {
    "kaifeng": (K.STATION, "便河广场零工站", {"city": "开封市", "county": "兰考县", "street": "兰阳街道"}),
    "jianning": (K.STATION, "龙里县冠山街道零工驿站", {"city": "三明市", "county": "建宁县", "street": "濉溪镇"}),
    "shashi": (K.STATION, "凤岗街道家门口就业服务站", {"city": "荆州市", "county": "沙市区", "street": "中山街道"}),
    "shaxian": (K.MARKET_COMPREHENSIVE, "建宁县零工市场", {"city": "三明市", "county": "沙县区"}),
    "longli": (K.STATION, "冠山街道零工驿站", {"county": "龙里县", "street": "冠山街道"}),
}
"""A name that another place would accept, or its own if it were shorter."""
CARDS = {
    # the paper's own, with points, how many, its parts
    "kaifeng": None,
    "jianning": (True, True, 100, ["信息网络建设", "场地运营管理", "信息收集与发布", "纠纷处理", "平台推广"]),
    "shashi": (False, True, 100, ["服务职能", "用工登记", "招工成交量", "群众口碑"]),
    "shaxian": (True, False, 0, ["信息网络建设", "场地运营管理", "信息收集与发布", "纠纷处理", "平台推广"]),
    "longli": (False, True, 100, ["年度目标", "台账和月报", "场地和服务"]),
}


@asynccontextmanager
async def deployed(server: Server, secrets: Secrets, name: str, folder: Path) -> AsyncIterator[tuple[Any, Database]]:
    """A database of its own with the preset, and the app on it."""
    registry.register()
    database_name = f"place_{name}"
    await server.clone("template_empty", database_name)
    dsn = server.dsn("app", database_name)
    database = Database(dsn, pool_size=2, sealer=secrets.sealer)
    try:
        await commands.load(server.dsn("owner", database_name), name)
        settings = Settings.from_env(
            {"LINGGONG_DATA_DIR": str(folder), "LINGGONG_POOL_SIZE": "3", "LINGGONG_PRESET": name}
        )
        async with served(settings, dsn, secrets) as app:
            yield app, database
    finally:
        await database.dispose()
        await server.drop(database_name)


@pytest.mark.parametrize("name", HOMES)
async def test_a_place_stands_on_a_database_of_its_own(
    name: str, server: Server, secrets: Secrets, tmp_path: Path
) -> None:
    preset, home = load_preset(name), HOMES[name]
    async with deployed(server, secrets, name, tmp_path) as (app, database), AsyncExitStack() as stack:
        async with database.begin(ANONYMOUS) as uow:
            lines = await commands.show(database, depth=9)
            kinds = Counter(line.kind for line in lines)
            assert (lines[0].name, lines[0].kind) == (CITIES[name], K.CITY)
            markets = Counter(
                line.path.rsplit("/", 2)[0] + "/" for line in lines if line.kind is K.MARKET_COMPREHENSIVE
            )
            of_city = markets.pop(lines[0].path, 0)
            third = kinds[K.CONTACT_POINT] + kinds[K.SERVICE_POINT] > 0
            assert (kinds[K.COUNTY] + kinds[K.ZONE], kinds[K.STREET], len(markets), third) == SHAPES[name]
            # 1+10+N has a market of the city; a county alone has its city as a thin root and is what the site is called after.
            assert (of_city, await queries.seat(uow)) == (int(name == "kaifeng"), home)
            if name != "kaifeng":
                below = [line for line in lines if line.path.count("/") == 3]
                assert [line.path for line in below] == [home]
        async with database.system() as uow:
            told = {line.key: line for line in await service.parameter_table(uow, home)}
        county = await hire(database, "shexian", Role.COUNTY_BUREAU, home if name != "kaifeng" else "/4102/25/")
        await hire(database, "shiju", Role.CITY_BUREAU, lines[0].path)
        if name == "jianning":
            # The accounts of a first start, an operator's contract of a year among them, keep the strictest paper's rules.
            await sign_ins.create(database, secrets.sealer)
        if name in cards.LIBRARY:
            async with county.may(Permission.SCORECARD_ASSESS) as uow:
                form = keeping.PublishForm(preset=name, path=home, first=clock.business_date(uow.now))
                kept = await keeping.kept(uow, await keeping.publish(uow, form))
                assert kept.counts is cards.of_library(name).paper, (
                    "a proposal of ours counts for nothing until it is adopted"
                )
        for item in preset.parameters:
            assert (told[item.key].source, told[item.key].is_own) == (item.source, True)
        assert {key: told[key].value for key in OWN_NUMBERS[name]} == OWN_NUMBERS[name]

        async def browser(username: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://m.test", headers={"accept": "text/html"})
            if username:
                async with database.system() as uow:
                    staff_id = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username))
                    assert staff_id is not None
                    client.cookies.set("lg_session", await sessions.create(uow, "staff", staff_id))
            return await stack.enter_async_context(client)

        called = next(node.name for node in preset.nodes if node.path == home)
        first = await (await browser("")).get("/")
        assert (first.status_code, f"{called}公共零工市场" in first.text) == (200, True)
        for username in ("shiju", "shexian"):
            page = await (await browser(username)).get("/bureau")
            assert page.status_code == 200, (username, page.text[:400])
            assert called in page.text


@pytest.mark.parametrize("name", HOMES)
def test_a_place_has_the_card_of_its_paper_or_a_proposal_or_none(name: str) -> None:
    """建宁's 100 points, 沙县's five parts in words, 沙市's and 龙里's criteria as our proposal, nothing for 开封 (ruling 19)."""
    wanted = CARDS[name]
    assert (name in cards.LIBRARY) is (wanted is not None)
    assert (cards.of_preset(name) is not None) is (name == "jianning"), "only a paper's own points count by themselves"
    if wanted is None:
        return
    card = cards.of_library(name)
    parts = list(dict.fromkeys(row.part for row in card.rows))
    assert (card.paper, card.scored, card.total, parts) == wanted
    assert cards.faults(card) == []


@pytest.mark.parametrize("name", HOMES)
def test_a_place_accepts_its_own_names_and_warns_on_anothers(name: str) -> None:
    preset = load_preset(name)
    for node in preset.nodes:
        if not node.kind.is_region:
            assert check_name(node.kind, node.name, preset.region_names(node.path), preset.naming) == [], node.name
    kind, wrong, regions = OF_ANOTHER[name]
    (warning,) = check_name(kind, wrong, regions, preset.naming)
    assert warning.code == "pattern"


def test_every_place_has_written_rules_for_what_the_paper_names() -> None:
    """R084: hiring, employment, publishing, wages, mediation and arbitration; each may write its own, with a version."""
    written = texts.sections()
    for key, words in {
        "rules": ("招工要写清", "不招不满"), "publishing": ("先审后发", "下架"), "wages": ("{t.pay.daily}", "逾期"),
        "mediation": ("调解", "仲裁"),
    }.items():  # fmt: skip
        assert all(word in written[key].body for word in words), key
        assert written[key].source
