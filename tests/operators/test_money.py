"""Contracts, ceilings, the plan of payment, two people's approval, both readings of a grade (R012 to R015, R125 to R128)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import CODES, Officer, contract, hire
from small_city import COUNTY

from linggong.assessment.evidence import Contract
from linggong.inbox.models import Memo
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.offices import operators
from linggong.offices.operators import ContractForm, LastDayForm, OperatorForm
from linggong.offices.posts import ReasonForm
from linggong.operators import dossier, money, place_rules, procurement, queries, settlements, terms
from linggong.operators.dossier import CheckForm, LicenceForm
from linggong.operators.place_rules import Rules
from linggong.operators.procurement import AwardForm, BidderForm, ProcurementForm
from linggong.operators.queries import SettlementView
from linggong.operators.settlements import PaidForm, RequestForm
from linggong.operators.terms import LineForm, RenewalForm, TermsForm
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants import service

from .conftest import EAST, LAST, LINES, SIGNED, Town, adopt

DAY = timedelta(days=1)


async def plan(town: Town, contract_id: UUID, who: Officer | None = None) -> list[SettlementView]:
    async with (who or town.bureau).may(P.SETTLEMENT_READ) as uow:
        rows = await queries.listed(uow)
    return [row for row in rows if row.contract_id == contract_id]


async def step(who: Officer, act: Callable[..., Awaitable[Any]], settlement_id: UUID, *args: Any, **more: Any) -> Any:
    async with who.may(P.SETTLEMENT_APPROVE) as uow:
        return await act(uow, settlement_id, *args, **more)


async def ask(town: Town, who: Officer, settlement_id: UUID, words: str = "上线验收通过") -> None:
    async with who.may(P.SETTLEMENT_SETTLE) as uow:
        await settlements.request(uow, settlement_id, RequestForm(words=words), [town.proof()])


async def refused(who: Officer, permission: P, act: Callable[[UnitOfWork], Awaitable[Any]]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        async with who.may(permission) as uow:
            await act(uow)
    return {(fault.field, fault.code) for fault in error.value.faults}


async def paid(town: Town, settlement_id: UUID, asks: Officer | None) -> None:
    """Bring one instalment from the request to the voucher."""
    if asks is not None:
        await ask(town, asks, settlement_id)
        await step(town.bureau, settlements.check, settlement_id)
    third = await hire(town.city.database, f"x{settlement_id.hex[-8:]}", Role.COUNTY_BUREAU, COUNTY, name="方正")
    await step(third, settlements.approve, settlement_id)
    await step(town.second, settlements.confirm, settlement_id)
    today = town.city.clock.now().date()
    await step(town.second, settlements.pay, settlement_id, PaidForm(paid_on=today, voucher="2026-0099"))


async def test_the_plan_is_due_by_signing_and_going_live(town: Town) -> None:
    """R126, ruling 18: 15/30/30/25 %, the first waits for the software, the others run from the signing."""
    made = await town.signed(go_live=None)
    rows = await plan(town, made)
    assert [(r.percent, r.planned_fen, r.due_on) for r in rows] == [
        (15, 6_000_000, None), (30, 12_000_000, date(2026, 4, 5)), (30, 12_000_000, date(2026, 10, 5)), (25, 10_000_000, LAST),
    ]  # fmt: skip
    man = await town.man()
    with pytest.raises(Conflict, match="软件上线日期还没有登记"):
        await ask(town, man, rows[0].id)
    with pytest.raises(Conflict, match="2026-04-05 才到期，还不能申请"):
        await ask(town, man, rows[1].id)
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await terms.go_live(uow, made, date(2026, 2, 1))
    assert (await plan(town, made))[0].due_on == date(2026, 3, 3)
    # A contract that ends earlier: its last part moves along, and what falls due later is not paid any more.
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await operators.move_last_day(uow, made, LastDayForm(ends_on=date(2026, 12, 31), reason="补充协议"))
    assert (await plan(town, made))[3].due_on == date(2026, 12, 31)
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await operators.terminate_contract(uow, made, ReasonForm(reason="违约"))
    with pytest.raises(Conflict, match="已于 2026-03-09 终止，第 2 期"):
        async with town.bureau.may(P.SETTLEMENT_APPROVE) as uow:
            await settlements.request(uow, rows[1].id, RequestForm(words="书面申请"), [town.proof()])
    await step(town.bureau, settlements.lapse, rows[1].id, words="合同提前终止")
    assert (await plan(town, made))[1].state == "P_LAPSED"


async def test_two_different_people_approve_and_nobody_of_the_operator(town: Town) -> None:
    """R126, R017: request with proof, check, two approvals, an order, then the voucher; nothing by itself."""
    made = await town.signed()
    first = (await plan(town, made))[0].id
    man = await town.man()
    assert await refused(man, P.SETTLEMENT_SETTLE, lambda uow: settlements.request(uow, first, RequestForm())) == {
        ("words", "required"), ("photo", "required"),
    }  # fmt: skip
    await ask(town, man, first)
    with pytest.raises(Conflict, match="第 1 期已经申请过，现在是“已申请，待核对”"):
        await ask(town, man, first)
    for act in (settlements.approve, settlements.confirm):
        with pytest.raises(Conflict):
            await step(town.bureau, act, first)
    # The operator's man has no permission at all; one who came over to the bureau is refused by name.
    async with man.may(P.SETTLEMENT_APPROVE) as uow:
        assert uow.scope.is_empty
    turned = Officer(man.database, man.id, town.bureau.post)
    with pytest.raises(Forbidden, match="任过职"):
        await step(turned, settlements.check, first)
    await step(town.bureau, settlements.check, first)
    await step(town.bureau, settlements.give_back, first, words="发票抬头不对")
    await ask(town, man, first, "发票换好了")
    await step(town.bureau, settlements.check, first)
    await step(town.bureau, settlements.approve, first)
    with pytest.raises(Conflict, match="初审的人不能再复审"):
        await step(town.bureau, settlements.confirm, first)
    with pytest.raises(Conflict, match="不能做这一步"):
        await step(town.second, settlements.pay, first, PaidForm())
    await step(town.second, settlements.confirm, first)
    async with town.bureau.may(P.SETTLEMENT_APPROVE) as uow:
        ordered = await queries.one(uow, first)
    assert (ordered.state, ordered.order_number, ordered.amount_fen) == ("P_ORDERED", "2026-01-1-2", 6_000_000)
    early = PaidForm(paid_on=date(2026, 3, 1), voucher="")
    act = lambda uow: settlements.pay(uow, first, early)  # noqa: E731
    assert await refused(town.bureau, P.SETTLEMENT_APPROVE, act) == {("paid_on", "range"), ("voucher", "required")}
    await step(town.bureau, settlements.pay, first, PaidForm(paid_on=date(2026, 3, 10), voucher="2026-0031"))
    async with town.bureau.may(P.SETTLEMENT_READ) as uow:
        told = await queries.one(uow, first)
    assert [s.event for s in told.steps] == [
        "plan", "request", "check", "return", "request", "check", "approve", "confirm", "pay",
    ]  # fmt: skip
    assert told.state == "P_PAID"


async def test_whoever_entered_a_paper_request_does_not_decide_it(town: Town) -> None:
    made = await town.signed()
    first = (await plan(town, made))[0].id
    async with town.bureau.may(P.SETTLEMENT_APPROVE) as uow:
        await settlements.request(uow, first, RequestForm(words="书面申请"), [town.proof()])
    for act in (settlements.check,):
        with pytest.raises(Conflict, match="自己申报的运营费不能自己核对、审批"):
            await step(town.bureau, act, first)
    await step(town.second, settlements.check, first)


@pytest.mark.parametrize(
    ("grade", "whole", "tail"),
    [
        ("优秀", (40_000_000, 10_000_000), (40_000_000, 10_000_000)), ("良好", (36_000_000, 6_000_000), (39_000_000, 9_000_000)),
        ("合格", (32_000_000, 2_000_000), (38_000_000, 8_000_000)), ("较差", (28_000_000, -2_000_000), (37_000_000, 7_000_000)),
    ],
)  # fmt: skip
def test_what_a_grade_leaves_in_both_readings(grade: str, whole: tuple[int, int], tail: tuple[int, int]) -> None:
    """R125: 100/90/80/70 % of the whole contract, or of the tail alone; §2.2's table for 400,000 yuan."""
    rules = Rules(
        plan=place_rules.plan_of(("15%:go_live+30d (renewal: signing+30d)", "30%:signing+3mo", "30%:signing+9mo", "25%:term_end by grade")),
        multipliers={"优秀": 100, "良好": 90, "合格": 80, "较差": 70},
    )  # fmt: skip
    found = money.tails(rules, Contract(price_fen=40_000_000, signed=SIGNED), grade)
    told = {key: (one.total_fen, one.amount_fen) for key, one in found.items()}
    assert told == {"whole_contract": whole, "tail_only": tail}
    for bad in (("15%:soon",), ("30%:signing+3mo",)):
        with pytest.raises(Conflict, match="分期付款安排"):
            place_rules.plan_of(bad)


async def test_the_tail_waits_for_its_grade_and_its_reading(town: Town) -> None:
    made = await town.signed()
    tail = (await plan(town, made))[3].id
    man = await town.man()
    town.stand_at(LAST)
    with pytest.raises(Conflict, match="还没有最终等次"):
        await ask(town, man, tail)
    await town.graded(made, "良好", 85)
    with pytest.raises(Conflict, match="口径”还没有定"):
        await ask(town, man, tail)
    async with town.city.database.system() as uow:
        await service.set_parameter(uow, COUNTY, "pay.plan.reading", "tail_only", "局务会纪要")
    await ask(town, man, tail)
    row = (await plan(town, made))[3]
    assert (row.amount_fen, row.grade, row.reading) == (9_000_000, "良好", "tail_only")


async def test_ceilings_terms_and_purchases_are_held_all_at_once(town: Town) -> None:
    """R127, R012, R015: 80,000 + 320,000 = 400,000 yuan a year; one year a contract; what was bought at its price."""
    bought = await town.bought()
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        form = ContractForm(number="2026-01", starts_on=SIGNED, ends_on=LAST, places=[EAST])
        made = await operators.sign_contract(uow, town.operator_id, form)
    lines = [LineForm(kind="network", title="网络", amount_fen=8_000_001), LineForm(kind="operation", title="运营", amount_fen=32_000_000)]  # fmt: skip
    wrong = TermsForm(signed_on=date(2026, 4, 1), procurement_id=bought, lines=lines)
    with pytest.raises(Invalid) as error:
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await terms.enter(uow, made, wrong)
    assert {f.message for f in error.value.faults} == {
        "请填合同签订日期，不能晚于今天。", "信息网络建设费 80000.01 元，超过上限 80000 元。", "全年费 400000.01 元，超过上限 400000 元。",
        "合同价 400000.01 元和成交价 400000 元不一样。",
    }  # fmt: skip
    none = TermsForm(signed_on=SIGNED, lines=[LineForm(kind="other", title="", amount_fen=0)])
    assert await refused(town.bureau, P.OPERATOR_MANAGE, lambda uow: terms.enter(uow, made, none)) == {
        ("lines", "choice"), ("lines", "required"), ("lines", "range"), ("procurement_id", "required"),
    }  # fmt: skip
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await terms.enter(uow, made, TermsForm(signed_on=SIGNED, procurement_id=bought, lines=LINES))
    # A second contract of the county that runs meanwhile takes from the same ceilings; one too long is refused by name.
    with pytest.raises(Invalid, match="本地规定合同一次签 1 年，从 2026-02-01 起最晚到 2027-01-31"):
        await contract(town.bureau, ["/4102/25/101/"], number="B", uscc=CODES[1], name="另一家公司", starts_on=date(2026, 2, 1), ends_on=date(2027, 2, 1))  # fmt: skip
    with pytest.raises(Conflict, match="合同 2026-01 服务，同一个站点不能同时签给两家"):
        await contract(town.bureau, [EAST], number="B", uscc=CODES[1], name="另一家公司")
    other = await contract(town.bureau, ["/4102/25/101/"], number="B", uscc=CODES[1], name="另一家公司")
    more = TermsForm(signed_on=SIGNED, lines=[LineForm(kind="operation", title="运营", amount_fen=100)])
    with pytest.raises(Invalid, match="加上同期其他合同的 320000 元"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await terms.enter(uow, other, more)


async def test_an_award_holds_the_file_of_that_day(town: Town) -> None:
    """R014, R015: an unknown route, too few offers, above the budget, a licence that had expired: told at once."""
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await dossier.note_licence(uow, town.operator_id, LicenceForm(kind="hr", number="豫人许〔2023〕88号", scope="职业介绍", issued_on=date(2023, 1, 1), expires_on=date(2026, 1, 31)))  # fmt: skip
        await dossier.note_check(uow, town.operator_id, CheckForm(kind="recheck", day=date(2026, 3, 1), independent=True, controlled=True, violation=True, words="2025 年被处罚"))  # fmt: skip
    unknown = ProcurementForm(path=COUNTY, route="lottery", budget_fen=0)
    assert await refused(town.bureau, P.OPERATOR_MANAGE, lambda uow: procurement.open_one(uow, unknown)) == {
        ("number", "required"), ("title", "required"), ("route", "choice"), ("opened_on", "required"), ("budget_fen", "range"),
    }  # fmt: skip
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        row = await procurement.open_one(uow, ProcurementForm(path=COUNTY, number="2", title="运营服务", route="compared", budget_fen=12_273_000, opened_on=date(2026, 2, 1)))  # fmt: skip
        await procurement.add_bidder(uow, row.id, BidderForm(name="汴梁人力公司", uscc=CODES[0], bid_fen=12_273_100))
    with pytest.raises(Invalid) as error:
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await procurement.award(uow, row.id, AwardForm(operator_id=town.operator_id, awarded_on=date(2026, 3, 2)))
    assert [f.message for f in error.value.faults] == [
        "请写明成交文件的名称和文号（公告、评审记录、成交通知书）。", "“询价比选”至少要有 2 家报价，现在只登记了 1 家。",
        "成交价 122731 元超过预算 122730 元。",
        "人力资源服务许可证（豫人许〔2023〕88号）到 2026-01-31 为止，2026-03-02 已经过期。",
        "2026-03-01 的年度复核写明有重大违法违规记录。",
    ]  # fmt: skip
    async with town.bureau.may(P.OPERATOR_READ) as uow:
        assert len((await queries.file_of(uow, town.operator_id)).lacks) == 2


async def test_a_licence_that_ends_is_told_before_and_on_its_last_day(town: Town) -> None:
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await dossier.note_licence(uow, town.operator_id, LicenceForm(kind="hr", number="豫人许〔2026〕1号", scope="职业介绍", issued_on=date(2026, 1, 1), expires_on=date(2026, 5, 1)))  # fmt: skip
    titles = []
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 2)):
        town.stand_at(day)
        await timers.sweep(town.city.database)
        async with town.city.database.system() as uow:
            found = await uow.execute(sa.select(Memo.title, Memo.office).order_by(Memo.sent_at, Memo.office))
            titles.append([tuple(row) for row in found.all()])
    before = [("汴梁人力公司的人力资源服务许可证快到期", office) for office in ("bureau", "operator")]
    after = [("汴梁人力公司的人力资源服务许可证已经过期", office) for office in ("bureau", "operator")]
    assert titles == [[], before, before + after]


async def test_renewal_by_the_rule_of_the_place(town: Town) -> None:
    """R013, ruling 18: 建宁 wants 良好 in every year of the cycle, the buyer's consent, the same terms, three years at most."""
    made = await town.signed()
    number, consent = "2027-01", "县财政局 建财函〔2026〕9号"

    async def renew(of: UUID, **more: Any) -> UUID:
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            form = {"number": number, "signed_on": town.city.clock.now().date(), "consent": consent} | more
            return await terms.renew(uow, of, RenewalForm(**form))

    with pytest.raises(Conflict, match="第 1 年（2026-01）的考核还没有最终等次，续签要“良好”以上"):
        await renew(made)
    await town.graded(made, "合格", 79)
    with pytest.raises(Conflict, match="考核“合格”（79 分），续签要“良好”以上"):
        await renew(made)
    await town.graded(made, "良好", 85)
    town.stand_at(date(2026, 12, 28))
    with pytest.raises(Invalid) as error:
        await renew(made, consent="", number="")
    assert {f.field for f in error.value.faults} == {"consent", "number", "signed_on"}, (
        "the declaration is over a year old"
    )
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await dossier.note_check(uow, town.operator_id, CheckForm(kind="recheck", day=date(2026, 12, 20), independent=True, controlled=True))  # fmt: skip
    second = await renew(made)
    async with town.bureau.may(P.SETTLEMENT_READ) as uow:
        told = await queries.money_of(uow, second)
    assert (told.starts_on, told.ends_on, told.cycle_year, told.price_fen) == (
        LAST + DAY,
        date(2028, 1, 4),
        2,
        40_000_000,
    )
    assert [row.due_on for row in told.settlements] == [
        date(2027, 1, 27),
        date(2027, 3, 28),
        date(2027, 9, 28),
        date(2028, 1, 4),
    ]
    with pytest.raises(Conflict, match="已经续签过了（2027-01）"):
        await renew(made)
    number = "2028-01"
    town.stand_at(date(2027, 12, 1))
    await town.graded(second, "优秀", 92)
    third = await renew(second)
    number = "2029-01"
    town.stand_at(date(2028, 12, 1))
    await town.graded(third, "优秀", 92)
    with pytest.raises(Conflict, match="一个周期 3 年已满，要重新采购"):
        await renew(third)


async def test_other_papers_and_places_that_have_set_nothing(town: Town) -> None:
    """Ruling 19: 沙县 has terms and a grade and no multipliers; 龙里 a budget; 开封 none: nothing is inherited, nothing is made up."""
    async with town.city.database.system() as uow:
        for key in (
            "fee.ceiling_year",
            "fee.ceiling_network",
            "fee.ceiling_operation",
            "pay.plan",
            "grade.bands",
            "grade.multipliers",
        ):
            await service.clear_parameter(uow, COUNTY, key)
    await adopt(town.city, "shaxian")
    made = await town.signed()
    assert await plan(town, made) == []
    await town.graded(made, "合格", None)
    async with town.bureau.may(P.SETTLEMENT_READ) as uow:
        told = await queries.money_of(uow, made)
    assert told.renewal is not None
    assert told.renewal.eligible, told.renewal.reasons
    assert set(told.unset) == {
        "每年服务费上限", "信息网络建设费上限", "运营管理费上限", "考核等次的分数线", "考核等次的付款比例", "服务费分期付款安排",
        "尾款按等次计算的口径", "项目采购预算",
    }  # fmt: skip
    await adopt(town.city, "longli")
    over = ProcurementForm(
        path=COUNTY, number="3", title="零工市场", route="compared", budget_fen=12_273_001, opened_on=SIGNED
    )
    with pytest.raises(Invalid, match=r"预算 122730\.01 元超过了本地设定的项目预算 122730 元"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await procurement.open_one(uow, over)


async def test_operators_of_one_county_do_not_see_each_other(town: Town) -> None:
    """R020, R017: file, procurements and money of one operator are not for the people of another."""
    made = await town.signed()
    other = await contract(town.bureau, ["/4102/25/101/"], number="B", uscc=CODES[1], name="另一家公司")
    stranger = await town.man("wanglei", "/4102/25/101/")
    own = await town.man("mengkai", EAST)
    first = (await plan(town, made))[0]
    assert [r.id for r in await plan(town, made, own)][:1] == [first.id]
    assert await plan(town, made, stranger) == []
    assert await plan(town, other, stranger) == []
    with pytest.raises(NotFound):
        await ask(town, stranger, first.id)
    async with own.may(P.PROCUREMENT_READ) as uow:
        assert uow.scope.is_empty
    with pytest.raises(Conflict, match="已经登记过"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.register_operator(uow, OperatorForm(name="汴梁人力公司", uscc=CODES[0], path=COUNTY))
