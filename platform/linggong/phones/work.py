"""What a worker hears and reads of his own work, the day's jobs and his wages; the same rows as on his pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import intake
from linggong.cases.forms import CaseForm
from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.money import format_yuan
from linggong.kernel.paths import ancestors, tenant_path
from linggong.market.board import BoardFilters, board_page
from linggong.market.views import BoardLine
from linggong.phones import people, words
from linggong.phones.people import Someone
from linggong.phones.questions import Evidence
from linggong.wages import queries as wage_queries
from linggong.wages import service as wages
from linggong.wages.queries import BillView
from linggong.work import contacts, queries
from linggong.work.machines import AGREED
from linggong.work.queries import WorkView
from rbac.decisions import Decisions
from rbac.permissions import Permission
from tenants.models import Node

_CARDS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One job on offer: its order and what is read out of it."""

    order_id: UUID
    line: str


async def lines(database: Database, decisions: Decisions, sealer: Sealer, known: list[Someone], by: Evidence) -> str:
    """Return the next jobs of those who answer at a number, in one message."""
    said = []
    own = [who for who in known if who.own_word]
    for who in own:
        async with people.acting(
            database, decisions, who.id, Permission.ENGAGEMENT_READ, channel=by.channel, ref=by.ref
        ) as uow:
            for view in (await upcoming(uow))[: 2 if len(own) == 1 else 1]:
                whose = f"{who.call}：" if len(own) > 1 else ""
                caller = "" if len(own) > 1 else await _caller(uow, sealer, view)
                said.append(
                    f"{whose}{words.moment(view.starts_at)}{words.trimmed(view.title, 8)}，{words.trimmed(view.place, 10)}{caller}"
                )
    if not own:
        return words.ONLY_CONTACT
    room = words.LIMIT - len(words.SIGNED) - 1
    text = ""
    for part in said:
        if len(text) + len(part) + 1 <= room:
            text += f"{part}。"
    if said:
        return text or words.trimmed(said[0], room)
    async with database.system() as uow:
        node = await uow.session.scalar(
            sa.select(Node).where(Node.path == await people.station_of(uow, own[0].id), Node.phone != "")
        )
    where = f"打{words.trimmed(node.short_name, 8)}{node.phone}" if node else "到就近的驿站"
    return f"您现在没有接下的活。想找活{where}；要驿站打来回0。"


async def upcoming(uow: UnitOfWork) -> list[WorkView]:
    """Return the agreed jobs of the worker who acts, the next one first."""
    found = [v for v in await queries.my_work(uow) if v.state in AGREED and v.ends_at > uow.now]
    return sorted(found, key=lambda v: v.starts_at)


async def _caller(uow: UnitOfWork, sealer: Sealer, view: WorkView) -> str:
    try:
        name, number = await contacts.own_job_contact(uow, sealer, view.id)
    except LinggongError:
        return ""
    return f"，找{words.trimmed(name, 5)}{number}"


async def spoken_work(uow: UnitOfWork, sealer: Sealer, *, whom_to_call: bool) -> list[str]:
    """Return what is read out of each agreed job: when, where, and whom to call where that may be told."""
    said = []
    for view in (await upcoming(uow))[:_CARDS]:
        caller = _read_out(await _caller(uow, sealer, view)) if whom_to_call else ""
        said.append(f"{words.spoken_moment(view.starts_at)}，{view.title}，在{view.place}{caller}。")
    return said


def _read_out(caller: str) -> str:
    digits = caller[-11:]
    return f"{caller[:-11]}，电话 {words.digits(digits)}" if digits.isdigit() and len(digits) == 11 else caller


# --- jobs of the day --------------------------------------------------------------------------------------------------


async def jobs(database: Database, person_id: UUID) -> list[Job]:
    """Return three jobs that start soonest, of his county if it has any, else of the city."""
    async with database.system() as uow:
        area = await intake.county_of(uow, await people.station_of(uow, person_id))
    found = (await _soonest(database, area) if area else []) or await _soonest(database, None)
    async with database.system() as uow:
        streets = {x.tenant: await _street(uow, x.tenant) for x in found}
    today = clock.business_date(clock.now())
    return [Job(x.order_id, card(x, today_is=today, street=streets[x.tenant])) for x in found]


async def _soonest(database: Database, area: str | None) -> list[BoardLine]:
    page = await board_page(database, BoardFilters(area=area, sort="soonest"), limit=_CARDS)
    return list(page.items)


async def _street(uow: UnitOfWork, path: str) -> str:
    found: str | None = await uow.session.scalar(
        sa.select(Node.short_name).where(Node.path.in_(ancestors(tenant_path(path))), Node.kind == "street").limit(1)
    )
    return found or ""


def card(x: BoardLine, *, today_is: object, street: str = "") -> str:
    """Return a job as it is read out: 搬砖，一天200元，日结，在东关，要6人，早上5点40分发车."""
    at = clock.shanghai(x.starts_at)
    day = "" if at.date() == today_is else f"{at.month}月{at.day}日"
    gets = "发车" if "transport" in x.benefits else "开工"
    pay = words.spoken_pay(x.pay_fen, x.pay_unit, x.piece_name)
    place = street or x.place
    return "，".join(
        [
            x.title,
            pay,
            words.settlement(x.settlement),
            f"在{place}",
            f"要{x.places_left}人",
            f"{day}{words.spoken_hour(at)}{gets}",
        ]
    )


# --- wages ------------------------------------------------------------------------------------------------------------


async def unpaid(uow: UnitOfWork) -> list[BillView]:
    """Return the bills of the worker who acts that are open, the longest due first."""
    found = await wage_queries.bills(uow, unsettled=True, limit=20)
    return sorted(found, key=lambda b: b.due_at)[:9]


def spoken_bill(view: BillView, now: datetime) -> str:
    """Return a bill in one line."""
    day = f"{view.work_date.month}月{view.work_date.day}日" if view.work_date else ""
    due = "该付了" if view.due_at <= now else f"{words.spoken_moment(view.due_at)}前付"
    claimed = "，雇主说付了" if view.state == "CLAIMED" else ""
    return f"{day}{view.title}，{format_yuan(view.left_fen)}元，{due}{claimed}"


async def not_paid(uow: UnitOfWork, sealer: Sealer, bill_id: UUID) -> str:
    """He says that a wage did not come: a claimed payment is denied (59), else a case opens (70); returns what he is told."""
    waiting = await wages.waiting(uow, bill_id)
    if waiting:
        await wages.answer_payment(uow, waiting[-1], received=False)
        receipt = await uow.session.scalar(
            sa.select(Case.receipt)
            .where(Case.bill_id == bill_id, Case.claimant == "worker")
            .order_by(Case.created_at.desc())
            .limit(1)
        )
        return _receipt(receipt) if receipt else "记下了，您没收到，已请雇主核对。"
    view = await wage_queries.bill(uow, bill_id)
    if view.due_at > uow.now + timedelta(minutes=1):
        return f"这笔还没到付的时间，{words.spoken_moment(view.due_at)}前付。到时候没付再打来。"
    form = CaseForm(
        kind="wage", claim="零工打电话按键：工钱没拿到。", wanted="付清工钱", bill_id=bill_id, amount_fen=view.left_fen,
        asks="unpaid", channel="phone",
    )  # fmt: skip
    return _receipt((await intake.open_case(uow, sealer, form)).receipt)


def _receipt(receipt: str) -> str:
    return f"已经登记，受理号 {words.digits(receipt)}，短信也会发给您，驿站会跟着办。"
