"""Directory, texts and figures as they are kept: versions, frozen editions, and nothing told of too few (R099, R138)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, City

from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.people import registration
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit
from linggong.people.models import ServiceLink
from linggong.publishing import directory, figures, promises
from linggong.publishing.models import DirectoryEdition
from tenants import service, texts
from tenants.loading import load_preset_into
from tenants.models import Node, PublicText


def bureau(path: str = COUNTY) -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="county_bureau"), Scope(trees=(at,))


async def test_a_promise_is_the_next_version_and_says_the_parameter(city: City) -> None:
    async with city.database.begin(*bureau("/4102/")) as uow:
        await texts.write(uow, "/4102/", "promises", "全部免费。\n{t.review} 内审完。", "汴人社〔2026〕1号")
        await texts.write(uow, "/4102/", "promises", "全部免费，\n\n {t.review} 内审完。 ", "汴人社〔2026〕2号")
        await service.set_parameter(uow, COUNTY, "t.review", "45min", "兰考县的文件")
    async with city.database.begin(*bureau()) as uow:
        await texts.write(uow, COUNTY, "rules", "县里的规矩。", "兰人社〔2026〕1号")
    async with city.database.begin(Actor(kind="anonymous")) as uow:
        shown = {s.text.key: s for s in await promises.shown(uow, COUNTY)}
        assert (shown["promises"].points, shown["promises"].text.version) == (["全部免费，", "45 分钟 内审完。"], 2)
        assert (shown["promises"].text.place, shown["promises"].text.is_own) == ("开封市", False)
        assert (shown["rules"].text.version, shown["rules"].text.is_own) == (1, True)
        assert shown["guide"].text.version == 0
        assert "30 分钟" in (await promises.shown(uow, "/4102/"))[1].points[1]
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(PublicText)) == 3
    async with city.database.begin(*bureau()) as uow:
        await texts.leave_to_above(uow, COUNTY, "rules")
        assert (await texts.at(uow, COUNTY))[0].version == 0


@pytest.mark.parametrize(
    ("body", "source", "said"),
    [
        ("", "文件", "请写内容"),
        ("好", "", "请写依据"),
        ("{t.nothing} 内办", "文件", "没有参数"),
        ("好\u202e", "文件", "看不见"),
        ("条\n" * 41, "文件", "太长"),
    ],
)
async def test_a_bad_text_is_refused(city: City, body: str, source: str, said: str) -> None:
    async with city.database.begin(*bureau()) as uow:
        with pytest.raises(Invalid, match=said):
            await texts.write(uow, COUNTY, "rules", body, source)
        await uow.rollback()


async def test_nobody_writes_for_a_place_that_is_not_his(city: City) -> None:
    for path, key in ((OTHER_COUNTY, "rules"), ("/4102/", "rules"), (COUNTY, "nothing")):
        async with city.database.begin(*bureau()) as uow:
            with pytest.raises(NotFound):
                await texts.write(uow, path, key, "好", "文件")
            with pytest.raises(NotFound):
                await directory.publish(uow, path if key == "rules" else "/4102/25/001/s01/")
            await uow.rollback()


async def test_a_directory_is_frozen_and_a_change_is_its_next_version(city: City) -> None:
    async with city.database.begin(*bureau()) as uow:
        first = await directory.publish(uow, COUNTY)
        with pytest.raises(Conflict, match="没有变化"):
            await directory.publish(uow, COUNTY)
    async with city.database.begin(*bureau()) as uow:
        node = await uow.session.scalar(sa.select(Node).where(Node.path == "/4102/25/001/s01/"))
        node.phone, node.opening_hours = "0371-5555 1001", "4月至9月 5:00—19:00；10月至3月 5:30—18:00"
        await uow.flush()
        second = await directory.publish(uow, COUNTY)
    async with city.database.begin(Actor(kind="anonymous")) as uow:
        (new, lines), (_, before) = await directory.edition(uow, second.id), await directory.edition(uow, first.id)
        assert (new.title, new.begins_on, len(lines)) == ("2026年第1季度（第2版）", date(2026, 1, 1), 1)
        assert (before[0].phone, lines[0].phone, lines[0].hours[1]) == ("", "0371-5555 1001", "10月至3月 5:30—18:00")
        assert (lines[0].seekers, lines[0].hires_a_day, lines[0].street) == (None, None, "兰阳街道")
        table = directory.table(new, lines)
        assert (table[2][3], table[2][10]) == ("兰阳街道零工驿站", "")
    with pytest.raises(sa.exc.DBAPIError):
        async with city.database.system() as uow:
            await uow.execute(sa.update(DirectoryEdition).values(place="别处"))


async def test_nine_people_are_not_told_and_ten_are(city: City) -> None:
    async def come(n: int, first: int) -> Any:
        for i in range(first, first + n):
            number = f"41022519680501{i:03d}"
            form = WorkerForm(
                name="李国强", id_number=number + check_digit(number), phone=f"138{i:08d}", trades=["6-29-99-00"],
                skill_level=0, pay_fen=18000, pay_unit="day",
            )  # fmt: skip
            async with city.database.begin(*city.clerk) as uow:
                slip = ProxyConsent(method="slip", evidence="0001")
                await registration.register_worker(uow, city.secrets.sealer, form, proxy=slip)
            async with city.database.system() as uow:
                await uow.execute(sa.update(ServiceLink).values(started_at=uow.now - timedelta(days=2)))
        await figures.nightly(city.database)
        async with city.database.begin(Actor(kind="anonymous")) as uow:
            return (await figures.told(uow))[0].figures

    few = await come(9, 1)
    assert (few.seekers, few.ratio, few.wage_hour_fen, few.on_time_rate) == (None, None, None, None)
    assert {p.seekers for p in few.places} == {None}
    enough = await come(1, 10)
    assert (enough.seekers, {p.name: p.seekers for p in enough.places}["兰考县"]) == (10, 10)


async def test_a_preset_brings_its_texts_once(blank: Any) -> None:
    owner = await asyncpg.connect(blank.owner_dsn)
    try:
        for _ in range(2):
            await load_preset_into(owner, "kaifeng")
        rows = await owner.fetch("SELECT tenant, key, version, source FROM public_texts")
    finally:
        await owner.close()
    assert [tuple(row) for row in rows] == [("/4102/", "standard", 1, "汴人社规〔2025〕1号 (R018 R024)")]


def test_limits_are_never_lowered() -> None:
    assert figures._ratio(figures.Market(demand=30, seekers=9, ratio=3.33), figures.PERSONS) is None
    assert figures._ratio(figures.Market(demand=30, seekers=10, ratio=3.0), figures.PERSONS) == 3.0
