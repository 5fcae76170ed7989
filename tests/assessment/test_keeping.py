"""Cards as data of a place: versions with a change log, adoption, and what makes a change unusable (R079, R123, rulings 18 to 20)."""

from __future__ import annotations

from datetime import date

import pytest
from small_city import COUNTY, OTHER_COUNTY, STATION, City

from linggong.assessment import card as cards
from linggong.assessment import keeping
from linggong.assessment.card import Tier
from linggong.assessment.keeping import ChangeForm, PublishForm, RowChange
from linggong.kernel.errors import Conflict, Invalid, NotFound
from rbac.permissions import Permission as P
from tenants.preset_files import load_preset
from tenants.service import parameters

from . import offices as o

NEXT = date(2027, 1, 1)


def change(*rows: RowChange, reason: str = "兰人社〔2026〕9 号", first: date = NEXT) -> ChangeForm:
    return ChangeForm(rows=list(rows), reason=reason, first=first)


@pytest.mark.parametrize("preset", cards.LIBRARY)
def test_every_card_is_sound_and_says_how_it_is_read(preset: str) -> None:
    card = cards.of_library(preset)
    assert cards.faults(card) == []
    assert all(row.ruling for row in card.rows)
    assert card.paper == (preset in ("jianning", "shaxian")), (
        "沙市 and 龙里 give criteria without points: those are our proposal"
    )


def test_shaxian_inherits_nothing_of_jianning() -> None:
    card = cards.of_library("shaxian")
    assert (card.scored, card.total, card.plan, card.options) == (False, 0, (), ())
    assert [row.part for row in card.rows] == ["信息网络建设", "场地运营管理", "信息收集与发布", "纠纷处理", "平台推广"]
    assert [(g.name, g.least, g.multiplier) for g in card.grades] == [("合格", 0, None), ("不合格", 0, None)]
    assert cards.of_preset("shaxian") is cards.of_preset("shashi") is None


def test_the_stations_cards_name_what_the_papers_name() -> None:
    assert list(dict.fromkeys(row.part for row in cards.of_library("shashi").rows)) == [
        "服务职能",
        "用工登记",
        "招工成交量",
        "群众口碑",
    ]
    rows = {row.source: row for row in cards.of_library("longli").rows}
    preset = {p.key: p.raw for p in load_preset("longli").parameters}
    assert rows["posts"].tiers[-1].start == int(preset["station.year.posts"]) == 100
    assert rows["trainees"].tiers[-1].start == int(preset["station.year.trainees"]) == 20
    assert rows["fairs"].tiers[-1].start == 12 * int(preset["fair.per_month"])
    assert f"{preset['fair.min_employers']} 家" in rows["fairs"].item


async def test_a_version_is_changed_for_years_to_come_alone(city: City) -> None:
    offices = await o.found(city)
    await o.begin(offices)

    async def refused(form: ChangeForm) -> list[str]:
        async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
            with pytest.raises(Invalid) as stopped:
                await keeping.change(uow, offices.card_id, form)
        return [f.message for f in stopped.value.faults]

    gap = [Tier(start=0, end=599, points=3), Tier(start=700, end=1000, points=4), Tier(start=1001, points=5)]
    assert await refused(change(RowChange(n=2, points=6), RowChange(n=13, tiers=gap), reason="", first=date(2026, 7, 1))) == [
        "各行分值合计 101 分，应为 100 分。", "第 13 行：0 和 700 两档之间有空档或重叠。", "写明依据哪份文件、为什么改，2 到 200 个字。",
        "有一个考核年度到 2026-12-31 才结束，年度中间不换表；请从下一年度起用。",
    ]  # fmt: skip
    assert await refused(change(first=date(2026, 3, 10))) == [
        "没有改动，不用出新版本。",
        "改动不能从今天或以前起用：已经开始的年度不换表。",
    ]
    assert await refused(change(RowChange(n=99, points=1))) == ["打分表没有这一行。"]
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        made = await keeping.change(uow, offices.card_id, change(RowChange(n=2, points=4), RowChange(n=11, points=3)))
        with pytest.raises(Conflict, match="已经有更新的版本"):
            await keeping.change(uow, offices.card_id, change(RowChange(n=2, points=4), RowChange(n=11, points=3)))
        log = await keeping.log(uow, COUNTY, "jianning-100")
        assert next((one.card.version, one.reason, changes) for one, changes in log) == (
            2, "兰人社〔2026〕9 号", ["第 2 行分值 5 → 4", "第 11 行分值 2 → 3"],
        )  # fmt: skip
        for first, version in ((date(2026, 6, 1), 1), (NEXT, 2)):
            kept = await keeping.in_force(uow, STATION, "contract", first)
            assert kept is not None
            assert kept.card.version == version
        assert await keeping.in_force(uow, STATION, "contract", date(2025, 12, 31)) is None
        assert await keeping.in_force(uow, OTHER_COUNTY, "contract", NEXT) is None
    assert made != offices.card_id


async def test_a_card_of_another_place_is_taken_over_as_a_proposal(city: City) -> None:
    offices = await o.found(city)
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        with pytest.raises(Conflict, match="已经公布过了"):
            await keeping.publish(uow, PublishForm(preset="jianning", path=COUNTY, first=o.FIRST))
        with pytest.raises(Invalid) as refused:
            await keeping.publish(uow, PublishForm(preset="kaifeng", path=COUNTY, first=date(2062, 1, 1)))
        assert [f.field for f in refused.value.faults] == ["preset", "first"]
        with pytest.raises(NotFound):
            await keeping.publish(uow, PublishForm(preset="longli", path=OTHER_COUNTY, first=o.FIRST))
        taken = await keeping.publish(uow, PublishForm(preset="shaxian", path=COUNTY, first=o.FIRST))
        assert not (await keeping.kept(uow, taken)).counts
        assert not (await parameters(uow, COUNTY, "card.adopted"))["card.adopted"]
        await keeping.adopt(uow, taken, document="兰人社〔2026〕3 号")
        assert (await keeping.kept(uow, taken)).document == "兰人社〔2026〕3 号"
        assert (await parameters(uow, COUNTY, "card.adopted"))["card.adopted"] is True
