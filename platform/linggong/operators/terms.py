"""The money of a contract and the years of its cycle (R012, R013, R126, R127): entering it, the ceilings, going live, renewing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import MAX_FEN, fen, format_yuan
from linggong.offices import operators as offices
from linggong.offices.models import Operator, OperatorContract, OperatorContractNode
from linggong.offices.operators import ContractForm
from linggong.operators import dossier, grades, place_rules, planning
from linggong.operators.codes import LINES, NETWORK
from linggong.operators.dossier import actor
from linggong.operators.models import ContractBudgetLine, ContractTerms, Procurement
from linggong.operators.place_rules import Rules

_MOST_LINES = 30
_TWO = 2


class LineForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A budget line, in fen."""

    kind: Annotated[str, Meta(max_length=20)]
    title: Annotated[str, Meta(max_length=80)] = ""
    amount_fen: int = 0


class TermsForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The money of a contract: its price is the sum of the lines."""

    signed_on: date | None = None
    go_live_on: date | None = None
    procurement_id: UUID | None = None
    lines: Annotated[list[LineForm], Meta(max_length=_MOST_LINES)] = []


class RenewalForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another year under the same terms, with the buyer's consent."""

    number: Annotated[str, Meta(max_length=60)] = ""
    signed_on: date | None = None
    consent: Annotated[str, Meta(max_length=200)] = ""


class Reason(msgspec.Struct, frozen=True):
    """One thing that speaks for or against another year."""

    fits: bool
    words: str


class Eligibility(msgspec.Struct, frozen=True):
    """Whether a contract may be renewed, with the reasons (R013)."""

    eligible: bool
    reasons: list[Reason]


async def enter(uow: UnitOfWork, contract_id: UUID, form: TermsForm) -> ContractTerms:
    """Enter the money of a contract, or correct it while nothing was asked for; the plan of payment follows.

    Raises NotFound, Conflict once something was asked for or the contract is over, Invalid with every fault at once.
    """
    contract = await managed(uow, contract_id)
    rules = await place_rules.at(uow, contract.tenant)
    known = await uow.session.get(ContractTerms, contract.id)
    if contract.status != "signed":
        raise Conflict(f"合同 {contract.number} 已经终止，不能再登记费用。")
    if known is not None and await planning.begun(uow, contract.id):
        raise Conflict("已经有一期申请过拨付，合同费用不能再改；要变更请签补充合同。")
    if known is not None and known.renews_id is not None:
        raise Conflict("续签的合同沿用原来的条件，费用不能改。")
    today = clock.business_date(uow.now)
    faults = _dates(form, contract, today)
    lines = _lines(form.lines, faults)
    price = sum(line.amount_fen for line in lines)
    faults += await _over_ceilings(uow, rules, contract, lines)
    faults += await _bought(uow, rules, contract, form.procurement_id, price, known)
    if rules.term_years and contract.ends_on > last_day(contract.starts_on, rules.term_years):
        words = f"合同 {contract.starts_on} 到 {contract.ends_on}，超过了本地规定的 {rules.term_years} 年。"
        faults.append(Fault("contract", words, "term"))
    if faults or form.signed_on is None:
        raise Invalid(faults)
    if known is not None:
        await planning.drop(uow, contract.id)
        await uow.execute(sa.delete(ContractBudgetLine).where(ContractBudgetLine.contract_id == contract.id))
        await uow.session.delete(known)
        await uow.flush()
    row = ContractTerms(
        id=contract.id, operator_id=contract.operator_id, tenant=contract.tenant, procurement_id=form.procurement_id,
        signed_on=form.signed_on, go_live_on=form.go_live_on, price_fen=fen(price), cycle_id=contract.id, cycle_year=1,
        renews_id=None, consent="", rules=rules.frozen(), noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    await _write(uow, row, contract, lines)
    return row


async def go_live(uow: UnitOfWork, contract_id: UUID, day: date | None) -> ContractTerms:
    """Enter the day on which the software went live; the first part of a first year is due 30 days later.

    Raises NotFound, Conflict without terms or when it is entered already, Invalid.
    """
    contract = await managed(uow, contract_id)
    terms = await of_contract(uow, contract_id)
    if terms.go_live_on is not None:
        raise Conflict(f"上线日期已经登记为 {terms.go_live_on}。")
    today = clock.business_date(uow.now)
    if day is None or not terms.signed_on - timedelta(days=366) <= day <= today:
        raise Invalid([Fault("go_live_on", "请填软件上线的日期，不能晚于今天。", "range")])
    terms.go_live_on = day
    await uow.flush()
    await planning.move(uow, terms, contract)
    await _tell(uow, "contract.live", contract, go_live_on=day)
    return terms


async def eligibility(uow: UnitOfWork, contract_id: UUID) -> Eligibility:
    """Tell whether a contract may be renewed, and why (R013). Raises NotFound."""
    contract = await managed(uow, contract_id)
    terms = await uow.session.get(ContractTerms, contract_id)
    if terms is None:
        return Eligibility(False, [Reason(False, "合同的费用还没有登记，看不出在周期的第几年。")])
    return await _eligibility(uow, contract, terms, await place_rules.at(uow, contract.tenant))


async def renew(uow: UnitOfWork, contract_id: UUID, form: RenewalForm) -> UUID:
    """Sign the next year of a contract's cycle: the day after the last one, the same places, price and lines (ruling 18).

    Returns the new contract's id. Raises NotFound, Conflict with the reasons where it may not be renewed, Invalid.
    """
    contract = await managed(uow, contract_id)
    terms = await of_contract(uow, contract_id)
    rules = await place_rules.at(uow, contract.tenant)
    told = await _eligibility(uow, contract, terms, rules)
    if not told.eligible:
        raise Conflict("不能续签：" + "".join(reason.words for reason in told.reasons if not reason.fits))
    today = clock.business_date(uow.now)
    faults: list[Fault] = []
    if form.signed_on is None or not contract.starts_on < form.signed_on <= today:
        faults.append(Fault("signed_on", "请填续签日期，不能晚于今天。", "range"))
    if len(form.consent.strip()) < _TWO:
        faults.append(Fault("consent", "续签要采购人同意：请写明谁同意、文号。", "required"))
    if not form.number.strip():
        faults.append(Fault("number", "请填续签合同的编号。", "required"))
    operator = await uow.session.get_one(Operator, contract.operator_id)
    day = form.signed_on or today
    faults += [Fault("signed_on", words, "dossier") for words in await dossier.lacks(uow, operator, day)]
    if faults:
        raise Invalid(faults)
    starts_on = contract.ends_on + timedelta(days=1)
    made = await offices.sign_contract(
        uow, contract.operator_id,
        ContractForm(
            number=form.number, starts_on=starts_on, ends_on=last_day(starts_on, rules.term_years or 1),
            places=await covered(uow, contract.id), note=f"续签 {contract.number}",
        ),
    )  # fmt: skip
    new = await managed(uow, made)
    row = ContractTerms(
        id=made, operator_id=contract.operator_id, tenant=contract.tenant, procurement_id=terms.procurement_id,
        signed_on=form.signed_on, go_live_on=None, price_fen=terms.price_fen, cycle_id=terms.cycle_id,
        cycle_year=terms.cycle_year + 1, renews_id=contract.id, consent=form.consent.strip(), rules=terms.rules,
        noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    kept = [LineForm(kind=r.kind, title=r.title, amount_fen=r.amount_fen) for r in await lines(uow, contract.id)]
    await _write(uow, row, new, kept)
    await _tell(uow, "contract.renewed", new, renews=contract.id, year=row.cycle_year, consent=row.consent)
    return made


async def of_contract(uow: UnitOfWork, contract_id: UUID) -> ContractTerms:
    """Return the terms of a contract. Raises Conflict while there are none."""
    found = await uow.session.get(ContractTerms, contract_id)
    if found is None:
        raise Conflict("合同的费用还没有登记，请先登记。")
    return found


async def lines(uow: UnitOfWork, contract_id: UUID) -> list[ContractBudgetLine]:
    """Return the budget lines of a contract."""
    statement = sa.select(ContractBudgetLine).where(ContractBudgetLine.contract_id == contract_id)
    return list((await uow.execute(statement.order_by(ContractBudgetLine.kind, ContractBudgetLine.id))).scalars())


async def covered(uow: UnitOfWork, contract_id: UUID) -> list[str]:
    """Return the places of a contract."""
    column = OperatorContractNode.tenant
    rows = await uow.execute(sa.select(column).where(OperatorContractNode.contract_id == contract_id).order_by(column))
    return list(rows.scalars())


async def managed(uow: UnitOfWork, contract_id: UUID) -> OperatorContract:
    """Return a contract that was signed in the scope. Raises NotFound."""
    found = await uow.session.scalar(
        sa.select(OperatorContract)
        .where(OperatorContract.id == contract_id, uow.scope.clause(OperatorContract.tenant))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def last_day(starts_on: date, years: int) -> date:
    """Return the last day of so many years."""
    return offices.years_after(starts_on, years) - timedelta(days=1)


async def _eligibility(uow: UnitOfWork, contract: OperatorContract, terms: ContractTerms, rules: Rules) -> Eligibility:
    reasons: list[Reason] = []
    if contract.status != "signed":
        reasons.append(Reason(False, f"合同 {contract.number} 已经终止。"))
    number = await uow.session.scalar(
        sa.select(OperatorContract.number)
        .join(ContractTerms, ContractTerms.id == OperatorContract.id)
        .where(ContractTerms.renews_id == contract.id)
    )
    if number is not None:
        reasons.append(Reason(False, f"已经续签过了（{number}）。"))
    years = (terms.cycle_year + 1) * (rules.term_years or 1)
    if rules.cycle_years is None:
        reasons.append(Reason(True, "本地没有设定一个周期几年，由采购人决定。"))
    elif years > rules.cycle_years:
        reasons.append(Reason(False, f"一个周期 {rules.cycle_years} 年已满，要重新采购。"))
    else:
        reasons.append(Reason(True, f"续签后是周期里的第 {terms.cycle_year + 1} 年，一个周期 {rules.cycle_years} 年。"))
    if rules.min_grade is None:
        reasons.append(Reason(True, "本地没有设定续签的等次要求，由采购人决定。"))
    else:
        reasons += await _graded(uow, terms, rules)
    return Eligibility(all(reason.fits for reason in reasons), reasons)


async def _graded(uow: UnitOfWork, terms: ContractTerms, rules: Rules) -> list[Reason]:
    """Return what every assessment of the cycle says about another year."""
    least = str(rules.min_grade)
    good = rules.grades[: rules.grades.index(least) + 1] if least in rules.grades else (least,)
    found = await uow.execute(
        sa.select(OperatorContract.id, OperatorContract.number)
        .join(ContractTerms, ContractTerms.id == OperatorContract.id)
        .where(ContractTerms.cycle_id == terms.cycle_id, ContractTerms.cycle_year <= terms.cycle_year)
        .order_by(ContractTerms.cycle_year)
    )
    reasons = []
    for n, (contract_id, number) in enumerate(found.all(), 1):
        grade = await grades.final(uow, contract_id)
        if grade is None:
            words = f"第 {n} 年（{number}）的考核还没有最终等次，续签要“{least}”以上。"
            reasons.append(Reason(False, words))
        else:
            words = f"第 {n} 年（{number}）考核{grade.words}，续签要“{least}”以上。"
            reasons.append(Reason(grade.name in good, words))
    return reasons


def _dates(form: TermsForm, contract: OperatorContract, today: date) -> list[Fault]:
    faults = []
    if form.signed_on is None or not contract.starts_on - timedelta(days=366) <= form.signed_on <= today:
        faults.append(Fault("signed_on", "请填合同签订日期，不能晚于今天。", "range"))
    if form.go_live_on is not None and not date(2000, 1, 1) <= form.go_live_on <= today:
        faults.append(Fault("go_live_on", "软件上线日期不能晚于今天；还没上线就先不填。", "range"))
    return faults


def _lines(given: list[LineForm], faults: list[Fault]) -> list[LineForm]:
    for n, line in enumerate(given, 1):
        if line.kind not in LINES:
            faults.append(Fault("lines", f"第 {n} 行：请选信息网络建设或运营管理。", "choice"))
        if len(line.title.strip()) < _TWO:
            faults.append(Fault("lines", f"第 {n} 行：请写明用在什么上。", "required"))
        if not 0 < line.amount_fen <= MAX_FEN:
            faults.append(Fault("lines", f"第 {n} 行：金额要大于 0。", "range"))
    if not given:
        faults.append(Fault("lines", "请至少填一行预算。", "required"))
    return given


async def _over_ceilings(
    uow: UnitOfWork, rules: Rules, contract: OperatorContract, given: list[LineForm]
) -> list[Fault]:
    """Hold the lines against the year's ceilings, with what other contracts of the county that run meanwhile take (R127)."""
    beside = await uow.execute(
        sa.select(ContractBudgetLine.kind, sa.func.sum(ContractBudgetLine.amount_fen))
        .join(OperatorContract, OperatorContract.id == ContractBudgetLine.contract_id)
        .where(
            ContractBudgetLine.tenant == contract.tenant,
            OperatorContract.id != contract.id,
            OperatorContract.status == "signed",
            OperatorContract.starts_on <= contract.ends_on,
            OperatorContract.ends_on >= contract.starts_on,
        )
        .group_by(ContractBudgetLine.kind)
    )
    taken = {kind: int(amount) for kind, amount in beside.all()}
    faults = []
    for kind, ceiling in ((NETWORK, rules.ceiling_network), ("operation", rules.ceiling_operation)):
        own, other = sum(line.amount_fen for line in given if line.kind == kind), taken.get(kind, 0)
        faults += _over(LINES[kind], own, other, ceiling)
    return faults + _over("全年", sum(line.amount_fen for line in given), sum(taken.values()), rules.ceiling_year)


def _over(what: str, own: int, other: int, ceiling: int | None) -> list[Fault]:
    if ceiling is None or own + other <= ceiling:
        return []
    beside = f"加上同期其他合同的 {format_yuan(other)} 元，" if other else ""
    words = f"{what}费 {format_yuan(own)} 元，{beside}超过上限 {format_yuan(ceiling)} 元。"
    return [Fault("lines", words, "ceiling")]


async def _bought(
    uow: UnitOfWork, rules: Rules, contract: OperatorContract, procurement_id: UUID | None, price: int,
    known: ContractTerms | None,
) -> list[Fault]:  # fmt: skip
    """Hold a contract against the procurement that it follows from."""
    if procurement_id is None:
        if rules.cycle_years is None:
            return []
        return [Fault("procurement_id", "请选采购记录；周期里的第二、三年请在原合同上办“续签”。", "required")]
    row = await uow.session.scalar(
        sa.select(Procurement).where(Procurement.id == procurement_id, uow.scope.clause(Procurement.tenant))
    )
    if row is None or row.operator_id != contract.operator_id or row.state != "awarded":
        return [Fault("procurement_id", "请选成交给这家运营方的采购记录。", "choice")]
    faults = []
    if row.bid_fen != price:
        words = f"合同价 {format_yuan(price)} 元和成交价 {format_yuan(row.bid_fen or 0)} 元不一样。"
        faults.append(Fault("lines", words, "differs"))
    used = await uow.session.scalar(
        sa.select(OperatorContract.number)
        .join(ContractTerms, ContractTerms.id == OperatorContract.id)
        .where(ContractTerms.procurement_id == row.id, OperatorContract.id != contract.id)
        .limit(1)
    )
    if used is not None:
        faults.append(Fault("procurement_id", f"这次采购已经签了合同 {used}。", "taken"))
    return faults


async def _write(uow: UnitOfWork, row: ContractTerms, contract: OperatorContract, given: list[LineForm]) -> None:
    uow.session.add(row)
    await uow.flush()
    uow.session.add_all(
        ContractBudgetLine(
            id=new_id(), contract_id=row.id, tenant=row.tenant, kind=line.kind, title=line.title.strip(),
            amount_fen=fen(line.amount_fen),
        )
        for line in given
    )  # fmt: skip
    await uow.flush()
    await planning.make(uow, row, contract)
    await _tell(uow, "contract.priced", contract, price_fen=row.price_fen, signed_on=row.signed_on, year=row.cycle_year)


async def _tell(uow: UnitOfWork, event: str, contract: OperatorContract, **body: object) -> None:
    chain = f"operator:{contract.operator_id}"
    body["contract"] = contract.id
    await uow.emit(
        NewEvent(type=event, chain=chain, subject_id=contract.operator_id, tenant=contract.tenant, body=body)
    )
