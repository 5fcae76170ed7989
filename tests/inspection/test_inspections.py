"""Draws, checklists, results, rectification (R025, R033-R035, R044, R079, R120): the rules and every refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer

from linggong.inbox import queries as inbox
from linggong.inspection import checklists, inspecting, outcomes, planning, queries, rectifying
from linggong.inspection.checklists import ChecklistForm, Item
from linggong.inspection.drawing import Candidate, Inspector, drawn
from linggong.inspection.inspecting import Answer
from linggong.inspection.models import InspectionDraw
from linggong.inspection.planning import DrawForm, PlanForm
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from rbac.permissions import Permission as P
from rbac.roles import HELD_AT, Role
from tenants.kinds import SITE_KINDS

from .conftest import COUNTY, SECOND, STATION, Offices

DUE = date(2026, 3, 20)
EXPIRES = date(2027, 3, 1)


def test_the_papers_items_stand_in_the_checklists() -> None:
    lists = checklists.built_in()
    assert set(lists) == {k.value for k in SITE_KINDS}
    station = {i.key: i for i in lists["station"].items}
    assert {i.requirement for i in station.values()} >= {"R025", "R026", "R031", "R033", "R034", "R035", "R041", "R044"}
    # Six hardware needs (R033), sign by photo (R025), the extinguisher with its date (R035), the party line recorded only (R044).
    assert sum(i.requirement == "R033" for i in station.values()) == 6
    assert (station["sign"].photo, station["extinguisher"].dated, station["extinguisher"].serious) == (True, True, True)
    assert (station["party"].photo, station["party"].row) == (False, None)
    assert {i.row for i in station.values()} == {None, 4, 5, 6}
    assert station["extinguisher"].row == 6
    assert Role.DEPARTMENT_VIEWER in HELD_AT


def test_a_draw_can_be_repeated_and_is_fair() -> None:
    places = [Candidate(id=str(n), path=f"/{n}/", name=str(n)) for n in range(12)]
    people = [
        Inspector(id=c, name=c, office="县人社局", bureau=c < "d", not_at=["3"] if c == "a" else []) for c in "abcdef"
    ]
    first = drawn("2026-03", places, people, n=6, hands=2, joint=True)
    assert first == drawn("2026-03", places, people, n=6, hands=2, joint=True)
    assert first == drawn("2026-03", places[::-1], people[::-1], n=6, hands=2, joint=True)
    assert [p.id for p in first] != [p.id for p in drawn("2026-04", places, people, n=6, hands=2, joint=True)]
    assert all({i.bureau for i in p.inspectors} == {True, False} for p in first)
    everywhere = drawn("x", places, people, n=12, hands=1, joint=False)
    assert sorted(p.id for p in everywhere) == sorted(str(n) for n in range(12))
    assert all(i.id != "a" for p in everywhere if p.id == "3" for i in p.inspectors)
    counts = [sum(i.id == c for p in everywhere for i in p.inspectors) for c in "abcdef"]
    assert max(counts) - min(counts) <= 1
    with pytest.raises(ValueError, match="places"):
        drawn("x", places, people, n=13, hands=1, joint=False)


async def test_a_draw_makes_tasks_and_its_faults_are_told_at_once(offices: Offices) -> None:
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
            await planning.draw(
                uow, DrawForm(places=9, due_on=date(2026, 3, 9), kinds=["station", "shop"], hands=9, joint=True)
            )
    assert {f.field for f in refused.value.faults} == {"due_on", "kinds", "places", "hands"}
    assert "一共只有 2 个站点，请抽 1 到 2 个。" in [f.message for f in refused.value.faults]
    async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
        row = await planning.draw(uow, DrawForm(places=2, due_on=DUE, hands=2, joint=True, seed="三月第二周"))
        draw = await queries.draw(uow, row.id)
        assert (draw.repeats, draw.seed, len(draw.pool)) == (True, "三月第二周", 2)
        assert all({i["bureau"] for i in p["inspectors"]} == {True, False} for p in draw.picked)
    async with offices.department.may(P.INSPECTION_READ) as uow:
        assert {t.site for t in await queries.tasks(uow, mine=True)} == {"兰阳街道零工驿站", "堌阳镇零工驿站"}
    # A draw is never changed afterwards: whoever changes the seed draws others.
    async with offices.city.database.system() as uow:
        kept = await uow.session.get_one(InspectionDraw, row.id)
        kept.seed = "三月第三周"
        assert [p.id for p in drawn("三月第三周", [Candidate(**p) for p in kept.pool], [Inspector(**p) for p in kept.inspectors], n=2, hands=2, joint=True)]  # fmt: skip
        uow.session.expunge(kept)
    for who in (offices.operator, offices.clerk):
        async with who.may(P.INSPECTION_READ) as uow:
            assert await queries.tasks(uow) == []


async def planned(offices: Offices, *who: Officer, path: str = STATION, kind: str = "planned") -> UUID:
    form = PlanForm(site=await offices.node(path), due_on=DUE, inspectors=[w.id for w in who], kind=kind)
    async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
        return (await planning.plan(uow, form)).id


async def test_only_what_nobody_began_is_cancelled(offices: Offices) -> None:
    """R120: planned by mistake, it is taken back with a reason; what was drawn or begun is not."""
    task = await planned(offices, offices.colleague)
    with pytest.raises(Invalid, match="为什么取消"):
        async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
            await planning.cancel(uow, task, reason="错")
    async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
        await planning.cancel(uow, task, reason="站点选错了。")
        assert (await queries.task(uow, task)).state == "cancelled"
        drawn_one = await planning.draw(uow, DrawForm(places=1, due_on=DUE, hands=2, joint=True, seed="一"))
        of_draw = next(t.id for t in await queries.tasks(uow) if t.draw_id == drawn_one.id)
    begun = await planned(offices, offices.colleague)
    async with offices.colleague.may(P.INSPECTION_WRITE) as uow:
        await inspecting.record(
            uow, begun, [Answer(item="dress", passed=False, words="没穿工作服。")], {"dress": [offices.photo()]}
        )
    for which, words in ((task, "已经结束"), (of_draw, "抽到的站点不能取消"), (begun, "已经填了检查结果")):
        with pytest.raises(Conflict, match=words):
            async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
                await planning.cancel(uow, which, reason="站点选错了。")


def answers(items: Sequence[Item], *failed: str, **changes: Any) -> list[Answer]:
    return [
        Answer(
            item=i.key, passed=i.key not in failed, words="门口堆了杂物。" if i.key in failed else "",
            expires_on=EXPIRES if i.dated and i.key not in failed else None, **changes,
        )
        for i in items
    ]  # fmt: skip


async def filled(offices: Offices, who: Officer, task_id: UUID, *failed: str, **more: Any) -> queries.TaskView:
    items = checklists.built_in()["station"].items
    photos = {i.key: [offices.photo()] for i in items if i.photo}
    async with who.may(P.INSPECTION_WRITE) as uow:
        await inspecting.record(uow, task_id, answers(items, *failed), photos, **more)
        return await queries.task(uow, task_id)


async def test_what_makes_a_result_no_result(offices: Offices) -> None:
    task = await planned(offices, offices.colleague, offices.department, kind="joint")
    with pytest.raises(Forbidden):
        await filled(offices, offices.bureau, task)
    given = [
        Answer(item="sign", passed=True), Answer(item="exit", passed=False), Answer(item="extinguisher", passed=True),
        Answer(item="disinfection", passed=True, expires_on=date(2026, 3, 1)), Answer(item="what", passed=True),
        Answer(item="dress", passed=True), Answer(item="dress", passed=True),
    ]  # fmt: skip
    photos = {
        "sign": [offices.photo(taken=False)],
        "extinguisher": [offices.photo()],
        "disinfection": [offices.photo()],
    }
    with pytest.raises(Invalid) as refused:
        async with offices.department.may(P.INSPECTION_WRITE) as uow:
            await inspecting.record(uow, task, given, photos, due_on=date(2026, 3, 10))
    said = {f.field: f.message for f in refused.value.faults}
    assert said == {
        "sign_photo_taken_at": "写明照片是什么时候拍的（日期和时刻），没有时间的照片不能作证据。", "exit_photo": "“疏散通道和安全出口”要拍照。",
        "exit_words": "“疏散通道和安全出口”不合格，请写哪里不合格。", "extinguisher_expires_on": "“灭火器”请写有效期到哪天。",
        "disinfection_expires_on": "“消毒设施”的有效期不对，过期了就是不合格。", "what": "检查表里没有“what”这一项。",
        "dress": "“工作人员”已经填过，填了就不改。", "due_on": "整改期限要在今天以后。",
    }  # fmt: skip
    # Whoever has a post of the place's own staff inspects it for nobody.
    async with offices.city.database.system() as uow:
        await uow.execute(
            sa.text("UPDATE role_assignments SET staff_id = :s WHERE staff_id = :c"),
            {"s": offices.department.id, "c": offices.clerk.id},
        )
    with pytest.raises(Forbidden, match="本站的人"):
        await filled(offices, offices.department, task)


async def test_a_fault_is_put_right_and_checked_by_another_hand(offices: Offices) -> None:
    done = await filled(
        offices,
        offices.department,
        await planned(offices, offices.department),
        "exit",
        "party",
        due_on=date(2026, 3, 25),
    )
    assert (done.state, sum(r.passed for r in done.results), len(done.results)) == ("done", 13, 15)
    assert len(done.results[0].photos) == 1
    with pytest.raises(Conflict):
        await filled(offices, offices.department, done.id)
    async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
        found = {f.title: f for f in await queries.findings(uow)}
        assert [m.title for m in await inbox.received(uow)] == ["检查发现 2 项要整改"]
    fault = found["疏散通道和安全出口"]
    assert (fault.serious, fault.due_on, fault.state_words) == (True, date(2026, 3, 25), "待整改")
    with pytest.raises(Invalid) as refused:
        async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
            await rectifying.mend(uow, fault.id, words="好", photos=[])
    assert {f.field for f in refused.value.faults} == {"words", "photo"}
    with pytest.raises(Conflict):
        await recheck(offices, offices.bureau, fault.id, passed=True)
    async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
        await rectifying.mend(uow, fault.id, words="杂物清走了，贴了标志。", photos=[offices.photo()])
    for who in (offices.clerk, offices.operator):
        with pytest.raises((Forbidden, NotFound, Conflict)):
            await recheck(offices, who, fault.id, passed=True)
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.INSPECTION_WRITE) as uow:
            await rectifying.recheck(uow, fault.id, passed=True, words="看过了，通了。", photos=[])
    assert [f.message for f in refused.value.faults] == ["没有照片不能结案，请拍复查时的样子。"]
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.INSPECTION_WRITE) as uow:
            await rectifying.recheck(
                uow, fault.id, passed=False, words="又堆上了。", photos=[], due_on=date(2026, 3, 10)
            )
    assert [f.message for f in refused.value.faults] == ["请写新的整改期限，要在今天以后。"]
    async with offices.bureau.may(P.INSPECTION_WRITE) as uow:
        await rectifying.recheck(uow, fault.id, passed=False, words="又堆上了。", photos=[], due_on=date(2026, 3, 28))
    async with offices.clerk.may(P.RECTIFICATION_WRITE) as uow:
        await rectifying.mend(uow, fault.id, words="这回装了栏杆。", photos=[offices.photo()])
    await recheck(offices, offices.department, fault.id, passed=True)
    async with offices.bureau.may(P.RECTIFICATION_READ) as uow:
        closed = (await queries.findings(uow, live=False, one=fault.id))[0]
        steps = [(s.step, s.made_name, len(s.photos)) for s in closed.steps]
        assert steps == [("mended", "李敏", 1), ("failed", "罗志华", 0), ("mended", "李敏", 1), ("passed", "钱程", 1)]
        told = {
            r.item: (r.row, r.passed, r.failed)
            for r in await outcomes.results(uow, COUNTY, date(2026, 3, 1), date(2026, 3, 31))
        }
        assert (told["exit"], told["extinguisher"], told["party"]) == ((6, 0, 1), (6, 1, 0), (None, 0, 1))
        assert await outcomes.results(uow, SECOND, date(2026, 3, 1), date(2026, 3, 31)) == []


async def recheck(offices: Offices, who: Officer, finding: UUID, *, passed: bool) -> None:
    async with who.may(P.INSPECTION_WRITE) as uow:
        await rectifying.recheck(uow, finding, passed=passed, words="看过了，通了。", photos=[offices.photo()])


async def test_the_hand_that_rectified_does_not_check(offices: Offices) -> None:
    done = await filled(offices, offices.colleague, await planned(offices, offices.colleague), "rest")
    async with offices.operator.may(P.RECTIFICATION_WRITE) as uow:
        fault = (await queries.findings(uow, task_id=done.id))[0]
        await rectifying.mend(uow, fault.id, words="饮水机修好了。", photos=[offices.photo()])
    # The operator's man changes over to the bureau: what he reported he does not check, and it is no more his station.
    async with offices.city.database.system() as uow:
        await uow.execute(sa.text("UPDATE inspection_findings SET mended_by = :b"), {"b": offices.bureau.id})
    with pytest.raises(Forbidden, match="另一个人复查"):
        await recheck(offices, offices.bureau, fault.id, passed=True)
    await recheck(offices, offices.colleague, fault.id, passed=True)


async def test_an_extinguisher_is_remembered_and_a_late_fault_marked(offices: Offices) -> None:
    await filled(offices, offices.colleague, await planned(offices, offices.colleague), "rest")
    await offices.later(16)
    async with offices.bureau.may(P.CARD_READ) as uow:
        fault = (await queries.findings(uow))[0]
        assert (fault.overdue, fault.steps[0].step_words) == (True, "逾期")
        proposal = (await queries.proposed(uow))[0]
        assert (proposal.kind, proposal.source_words, proposal.evidence[0]["kind"]) == ("yellow", "整改逾期", "finding")
    await offices.later(310)
    async with offices.clerk.may(P.MEMO_READ) as uow:
        titles = {m.title for m in await inbox.received(uow)}
    assert titles == {"检查发现 1 项要整改", "整改逾期：候工休息", "灭火器快到期", "消毒设施快到期"}


async def test_a_checklist_changes_with_its_log(offices: Offices) -> None:
    items = [
        *checklists.built_in()["station"].items[1:],
        Item(key="board", requirement="R100", title="制度上墙", passes="制度都上墙"),
    ]
    bad = ChecklistForm(
        kind="city",
        title="",
        items=[Item(key="A", requirement="25", title="x", passes="", row=9)],
        reason="改",
        source="",
    )
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
            await checklists.change(uow, bad)
    assert {f.field for f in refused.value.faults} == {"kind", "title", "items", "reason", "source"}
    before = await planned(offices, offices.colleague)
    form = ChecklistForm(
        kind="station",
        title="兰考县驿站检查表",
        items=items,
        reason="标牌另行检查，增加制度上墙",
        source="兰考县局务会 2026-03-09",
    )
    async with offices.bureau.may(P.INSPECTION_PLAN) as uow:
        await checklists.change(uow, form)
        changed = (await checklists.log(uow, COUNTY, "station"))[0]
        assert (changed.version, changed.set_name, changed.changed) == (1, "罗志华", ["加了“制度上墙”", "去掉“站牌”"])
    after = await planned(offices, offices.colleague)
    async with offices.bureau.may(P.INSPECTION_READ) as uow:
        old, new = await queries.task(uow, before), await queries.task(uow, after)
        assert ([old.version, old.items[0].key], [new.version, new.items[-1].key]) == ([0, "sign"], [1, "board"])
        other = await checklists.at(uow, "/4102/02/", "station")
        assert other is not None
        assert other.version == 0
