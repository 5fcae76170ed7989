"""Cards, proposals, stars (R130-R133, rulings 19 and 22): a red card is an award, a yellow one a warning; people decide."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer

from linggong.inspection import cards, planning, queries, rectifying, stars, wording
from linggong.inspection.cards import CardForm, DecisionForm, Proof
from linggong.inspection.models import StationStar
from linggong.inspection.planning import PlanForm
from linggong.kernel.errors import Conflict, Forbidden, Invalid
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.letters import kinds
from linggong.letters import queries as letters
from linggong.measures import zombies
from linggong.measures.site_models import SiteHit
from rbac.permissions import Permission as P
from tenants.service import set_parameter

from .conftest import COUNTY, SECOND, STATION, Offices
from .test_inspections import filled, planned, recheck

PAPER = Proof(kind="paper", words="3月9日现场检查记录")
MORE = {"demand": "换灭火器，清通道。", "due_on": date(2026, 3, 31)}


async def give(offices: Offices, who: Officer | None = None, path: str = STATION, **changes: Any) -> UUID:
    values: dict[str, Any] = {
        "site": await offices.node(path),
        "colour": "yellow",
        "words": "安全出口堵塞",
        "evidence": [PAPER],
        **MORE,
    }
    async with (who or offices.bureau).may(P.CARD_DECIDE) as uow:
        return (await cards.give(uow, CardForm(**(values | changes)))).id


async def card(offices: Offices, card_id: UUID) -> queries.CardView:
    async with offices.bureau.may(P.CARD_READ) as uow:
        return next(c for c in await queries.cards(uow) if c.id == card_id)


async def letter(offices: Offices, card_id: UUID) -> letters.LetterView:
    async with offices.bureau.may(P.LETTER_READ) as uow:
        return (await letters.about(uow, [card_id]))[card_id][0]


async def test_a_yellow_card_has_evidence_a_letter_and_a_deadline(offices: Offices) -> None:
    other = await offices.node(SECOND)
    foreign = await filled(offices, offices.colleague, await planned(offices, offices.colleague, path=SECOND))
    with pytest.raises(Invalid) as refused:
        await give(
            offices, colour="red", words="差", due_on=date(2026, 3, 9), demand="",
            evidence=[Proof(kind="paper", words="有"), Proof(kind="result", id=foreign.results[0].id), Proof(kind="site_hit")],
        )  # fmt: skip
    assert {f.field for f in refused.value.faults} == {"colour", "words", "evidence", "due_on"}
    with pytest.raises(Invalid) as refused:
        await give(offices, evidence=[], demand="", due_on=date(2026, 3, 10))
    assert [f.message for f in refused.value.faults] == [
        "没有依据不能亮牌：请选检查结果、僵尸驿站记录，或写明文件。", "请写要怎样整改。", "整改期限要在今天以后。",
    ]  # fmt: skip
    assert other != await offices.node()
    for who in (offices.operator, offices.department):
        with pytest.raises(Forbidden, match="人社局的人决定"):
            await give(offices, who)
    made = await card(offices, await give(offices, due_on=None))
    # Without a day it is the parameter card.rectify, thirty days.
    assert (made.title, made.state_words, made.due_on) == ("黄牌（警告）", "黄牌，整改中", date(2026, 4, 9))
    said = await letter(offices, made.id)
    assert (said.label, said.body[0]) == ("黄牌警告通知书", "兰阳街道零工驿站有以下问题，给予黄牌警告：")
    with pytest.raises(Conflict, match="已有一张黄牌"):
        await give(offices)
    # The papers forbid no single praise beside a warning (R131): a person of the bureau decides each, on its own evidence.
    praised = await card(
        offices, await give(offices, colour="award", words="雨天加班送工人回家", demand="", due_on=None)
    )
    assert (praised.state, (await card(offices, made.id)).state_words) == ("C_AWARDED", "黄牌，整改中")
    async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
        fault = (await queries.findings(uow))[0]
        assert fault.of_card
        await rectifying.mend(uow, fault.id, words="清了，换了。", photos=[offices.photo()])
    await recheck(offices, offices.colleague, fault.id, passed=True)
    assert (await card(offices, made.id)).state_words == "黄牌已解除"
    async with offices.bureau.may(P.CARD_READ) as uow:
        assert await cards.open(uow, COUNTY) == []


@pytest.mark.parametrize(("red", "title"), [(True, "红牌（奖励）"), (False, "表扬")])
async def test_a_red_card_is_an_award_where_the_paper_says_so(offices: Offices, red: bool, title: str) -> None:
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await set_parameter(uow, COUNTY, "card.red_is_award", "true" if red else "false", "文件")
    with pytest.raises(Invalid) as refused:
        await give(offices, colour="award", words="服务百姓", evidence=[])
    assert {f.field for f in refused.value.faults} == {"evidence", "due_on"}
    made = await card(offices, await give(offices, colour="award", words="全年零投诉", due_on=None, demand=""))
    assert (made.title, made.state, made.due_on) == (title, "C_AWARDED", None)
    said = await letter(offices, made.id)
    assert (said.label, said.body[0]) == ("表彰通报", f"兰阳街道零工驿站工作突出，授予“{title}”，予以通报表彰。")
    text = "".join(said.body)
    assert not any(never in text for never in wording.NEVER)
    # An award opens nothing that must be put right.
    async with offices.clerk.may(P.RECTIFICATION_READ) as uow:
        assert await queries.findings(uow, live=False) == []


def test_no_word_of_ours_turns_red_into_a_warning_or_yellow_into_an_award() -> None:
    from linggong.inspection import machines
    from linggong.web.environment import TEMPLATES

    texts = [wording.RED_AWARD, wording.YELLOW, *wording.PROPOSAL_WORDS.values()]
    texts += [k.body + k.label for k in kinds.built_in().values()]
    texts += [*machines.CARD.labels.values(), *(row.words for row in machines.CARD.table)]
    texts += [
        path.read_text("utf-8")
        for folder in ("inspection", "public", "letters")
        for path in (TEMPLATES / folder).glob("*.html")
    ]
    assert [n for n in wording.NEVER for text in texts if n in text] == []
    assert ("奖励" in wording.RED_AWARD, "警告" in wording.YELLOW, "警告" in wording.RED_AWARD) == (True, True, False)
    assert machines.CARD.find("-", "award").target == "C_AWARDED"  # type: ignore[union-attr]
    assert machines.CARD.is_end("C_AWARDED")


async def hit(offices: Offices, nth: int, month: date) -> None:
    """Write a month's hit as the job does, and tell of it."""
    proposes = ("notice", "yellow", "delist")[nth - 1]
    async with offices.city.database.system() as uow:
        uow.session.add(
            SiteHit(
                id=new_id(), tenant=STATION, month=month, verdict="zombie", nth=nth, proposes=proposes,
                evidence={"words": "三十天没有促成一个工；服务 0 人。"}, made_at=uow.now,
            )
        )  # fmt: skip
        await uow.flush()
        node = await offices.node()
        body = {"month": f"{month:%Y-%m}", "rule": "zombie", "nth": nth, "proposes": proposes, "name": "兰阳街道零工驿站", "words": "三十天没有促成一个工；服务 0 人。", "proposal": zombies.PROPOSAL_WORDS[proposes]}  # fmt: skip
        await uow.emit(NewEvent(type=zombies.HIT, chain=f"node:{node}", subject_id=node, tenant=STATION, body=body))


async def first(offices: Offices) -> queries.ProposalView:
    async with offices.bureau.may(P.CARD_READ) as uow:
        return (await queries.proposed(uow))[0]


async def decide(offices: Offices, who: Officer, one: queries.ProposalView, **form: Any) -> queries.ProposalView:
    async with who.may(P.CARD_DECIDE) as uow:
        await cards.decide(uow, one.id, DecisionForm(**form))
        return (await queries.proposed(uow, one=one.id))[0]


async def test_three_months_under_the_zombie_rule_step_by_step(offices: Offices) -> None:
    await hit(offices, 1, date(2026, 1, 1))
    notice = await first(offices)
    assert (notice.kind_words, notice.evidence[0]["kind"], notice.evidence[0]["words"]) == (
        "警示函", "site_hit", "2026年01月僵尸驿站，连续第 1 个月：三十天没有促成一个工；服务 0 人。",
    )  # fmt: skip
    with pytest.raises(Forbidden):
        await decide(offices, offices.operator, notice, accept=True, demand="按时开门。")
    with pytest.raises(Invalid, match="为什么不采纳"):
        await decide(offices, offices.bureau, notice, accept=False)
    done = await decide(offices, offices.bureau, notice, accept=True, demand="按时开门、如实登记。")
    assert (done.state, done.decided_name, done.letter_id is not None) == ("accepted", "罗志华", True)
    with pytest.raises(Conflict):
        await decide(offices, offices.bureau, notice, accept=False, reason="改主意了。")
    await hit(offices, 2, date(2026, 2, 1))
    yellow = await first(offices)
    assert yellow.kind_words == "黄牌（警告）"
    await decide(offices, offices.bureau, yellow, accept=True, demand="恢复开门。", due_on=date(2026, 3, 31))
    await hit(offices, 3, date(2026, 3, 1))
    circular = await first(offices)
    assert circular.kind_words == "通报批评"
    await decide(offices, offices.bureau, circular, accept=True, demand="责令停业整顿。")
    removal = await first(offices)
    assert (removal.kind_words, removal.source_words) == ("除名", "黄牌逾期")
    async with offices.bureau.may(P.CARD_READ) as uow:
        assert [c.state for c in await cards.open(uow, COUNTY)] == ["C_CIRCULATED"]
    with pytest.raises(Conflict, match="除名"):
        await decide(offices, offices.bureau, removal, accept=True)
    await decide(offices, offices.bureau, removal, accept=False, reason="运营方已换人，再看一个月。")


def test_the_stars_formula() -> None:
    weights = {"服务职能": 30, "用工登记": 15, "招工成交": 20, "群众口碑": 15, "现场检查": 20}
    bands = [(90.0, 5), (80.0, 4), (70.0, 3), (60.0, 2)]

    def of(*shares: float | None, most: int = 5) -> tuple[float | None, int]:
        return stars.rated(dict(zip(weights, shares, strict=True)), weights, bands, most=most)

    assert of(1, 1, 1, 1, 1) == (100.0, 5)
    assert of(0.9, 0.9, 0.9, 0.9, 0.9) == (90.0, 5)
    assert of(0.899, 0.9, 0.9, 0.9, 0.9) == (89.9, 4)
    assert of(0, 0, 0, 0, 0) == (0.0, 1)
    # What cannot be told is left out, not counted as nothing.
    assert of(0.8, 0.8, 0.8, None, 0.8) == (80.0, 4)
    assert of(None, None, None, None, None) == (None, 0)
    assert of(1, 1, 1, 1, 1, most=2) == (100.0, 2)


async def test_stars_and_lists_are_published_by_a_person(offices: Offices) -> None:
    span = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}
    await filled(offices, offices.colleague, await planned(offices, offices.colleague))
    await offices.later(30)
    async with offices.bureau.may(P.CARD_READ) as uow:
        rows = {r.name: r for r in await stars.reckoned(uow, COUNTY, **span)}
    assert (rows["堌阳镇零工驿站"].stars, rows["堌阳镇零工驿站"].note) == (0, "还没有检查过，不评星")
    assert [p.words for p in rows["兰阳街道零工驿站"].parts][4] == "最近一次检查 15 / 15 项合格"
    async with offices.bureau.may(P.CARD_DECIDE) as uow:
        assert len(await stars.publish(uow, **span)) == 1
    with pytest.raises(Invalid, match="更正请写明原因"):
        async with offices.bureau.may(P.CARD_DECIDE) as uow:
            await stars.publish(uow, **span)
    station, second = await offices.node(), await offices.node(SECOND)
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await set_parameter(uow, COUNTY, "awards", "十佳驿站、十佳服务点", "文件")
    await give(offices, path=SECOND, due_on=date(2026, 5, 31))
    for title, sites in (
        ("十佳市场", [station]),
        ("十佳服务点", [station]),
        ("十佳驿站", [station, second]),
        ("十佳驿站", []),
    ):
        with pytest.raises(Invalid):
            async with offices.bureau.may(P.CARD_DECIDE) as uow:
                await stars.publish_list(uow, title=title, year=2026, sites=sites)
    async with offices.bureau.may(P.CARD_DECIDE) as uow:
        await stars.publish_list(uow, title="十佳驿站", year=2026, sites=[station])
        assert [(b.title, b.places[0]["name"]) for b in await stars.best(uow)] == [("十佳驿站", "兰阳街道零工驿站")]
        told = await stars.published(uow)
        assert [(p.name, p.last) for p in told] == [("兰阳街道零工驿站", date(2026, 3, 31))]
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(StationStar)) == 1


async def test_the_places_own_people_are_not_planned_for_it(offices: Offices) -> None:
    async with offices.city.database.system() as uow:
        await uow.execute(
            sa.text("UPDATE role_assignments SET staff_id = :s WHERE staff_id = :c"),
            {"s": offices.colleague.id, "c": offices.clerk.id},
        )
    form = PlanForm(
        site=await offices.node(), due_on=date(2026, 3, 20), inspectors=[offices.colleague.id, new_id()], kind="joint"
    )
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
            await planning.plan(uow, form)
    assert [f.message for f in refused.value.faults] == [
        "请选检查人员，有的人不在检查人员名单里。", "本站自己的人不能检查本站。", "联合检查要人社局和协同部门都有人参加。",
    ]  # fmt: skip
