"""A case comes in by any channel, gets a receipt and clocks, and stays with who took it (70, R096, R097, R115)."""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common, money
from linggong.cases.forms import CaseForm
from linggong.cases.machines import DISPUTE, OPEN_DISPUTE
from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.machine import NEW
from linggong.kernel.money import Fen, format_yuan
from linggong.kernel.paths import ROOT, ancestors, tenant_path
from linggong.market.models import BoardPost, TermsVersion
from linggong.people import limits
from linggong.people.identity_numbers import BadNumber, normalise_phone
from linggong.people.models import Employer, Person, ServiceLink
from linggong.people.service_links import live, served_by
from linggong.wages.models import Bill
from linggong.work.common import hand
from linggong.work.models import Assignment, Engagement
from tenants.holidays import working_deadline
from tenants.models import Node

M = TypeVar("M", Bill, Assignment, Engagement)
ACK, FIRST, NEGOTIATE, CLOSE = "t.dispute.ack", "t.dispute.first", "t.dispute.negotiate", "sla.complaint.simple"


@dataclass(slots=True)
class Link:
    """What the case is about, as far as it is known."""

    post: BoardPost | None = None
    engagement: Engagement | None = None
    assignment: Assignment | None = None
    bill: Bill | None = None


@dataclass(slots=True)
class _Claimant:
    kind: str
    name: str = ""
    worker_id: UUID | None = None
    employer_id: UUID | None = None


async def open_case(
    uow: UnitOfWork,
    sealer: Sealer | None,
    form: CaseForm,
    *,
    at: str | None = None,
    by_itself: str | None = None,
    place: str | None = None,
) -> Case:
    """Take a case down (70). Returns it with its receipt.

    A party speaks for himself; staff for whoever came, called or wrote; the system for nobody (an anonymous report). `at`
    is the receiver's post where the system writes it down for him; `by_itself` the side for which another step opened it
    (53, 59, 65); `place` where a report without an account goes that names no post.
    Raises Invalid with every fault, NotFound for what the actor may not see, Conflict outside the window of a settled
    bill and for a second claim of the same side about the same bill.
    """
    made = DISPUTE.step(NEW, "open", hand(uow))
    link = await linked(uow, form)
    faults: list[Fault] = []
    claim = common.words(faults, "claim", form.claim, least=4)
    wanted = common.words(faults, "wanted", form.wanted)
    name = common.words(faults, "name", form.name, most=50)
    phone = _phone(form.phone, faults)
    if by_itself is not None:
        who = _Claimant(by_itself)
    else:
        who = await _claimant(uow, form, link, name, faults)
    if who.kind == "employer" and form.against == "employer":
        form = msgspec.structs.replace(form, against="worker")
    against_path = await _against(uow, form, link, who, faults)
    asks = _amount(form, link, who, faults)
    if faults:
        raise Invalid(faults)
    await _within_window(uow, link)
    await _only_one(uow, link, who)
    tenant, via = await _place(uow, link, who, against_path, at or place or uow.actor.post)
    row = _row(uow, form, link, who, tenant=tenant, via=via)
    row.state, row.claim, row.wanted, row.asks, row.against_path = made.target, claim, wanted, asks, against_path
    row.legal_form = await legal_form(uow, link.engagement)
    due = await clocks(uow, tenant, form.kind)
    row.ack_due_at, row.first_due_at, row.close_due_at = due["ack"], due["first"], due["close"]
    if phone and sealer is not None:
        row.phone_sealed = sealer.seal(phone, f"cases.phone_sealed.{row.id}")
    if by_itself is None and (uow.actor.kind == "staff" or at is not None):
        # Who was asked first is responsible (首问负责), and the slip in the claimant's hand is the acknowledgement.
        row.owner_id = row.handler_id = uow.actor.id
        row.acked_at = uow.now
    uow.session.add(row)
    await uow.flush()
    await common.note(uow, row, "claim", claim)
    await start_clocks(uow, row)
    await common.tell(
        uow, row, "case.opened", made, kind=row.kind, channel=row.channel, claimant=row.claimant, against=row.against,
        amount_fen=row.amount_fen, bill=row.bill_id, order=row.order_id, asks=asks,
    )  # fmt: skip
    await money.hold(uow, row)
    await _told(uow, row)
    await common.derive(uow, row)
    return row


def _row(uow: UnitOfWork, form: CaseForm, link: Link, who: _Claimant, *, tenant: str, via: str | None) -> Case:
    post, engagement = link.post, link.engagement
    # With money between them both take part; of any other report only the claimant's own column is set.
    both = engagement if form.kind in codes.MONEY_KINDS and form.against not in codes.OFFICES else None
    return Case(
        id=new_id(), receipt=short_code(), digits=f"{random.randbelow(10_000):04d}", kind=form.kind,
        channel=_channel(uow, form), claimant=who.kind, claimant_name=who.name, against=form.against,
        against_employer_id=post.employer_id if post is not None and form.against == "employer" else None,
        against_worker_id=engagement.worker_id if engagement is not None and form.against == "worker" else None,
        order_id=post.order_id if post else None, engagement_id=engagement.id if engagement else None,
        assignment_id=link.assignment.id if link.assignment else None, bill_id=link.bill.id if link.bill else None,
        amount_fen=Fen(form.amount_fen) if form.amount_fen else None,
        worker_id=both.worker_id if both else who.worker_id,
        employer_id=both.employer_id if both else who.employer_id,
        tenant=tenant, via=via, created_at=uow.now, is_group=False, reopened=0, breaches=[], outcome="",
    )  # fmt: skip


async def _told(uow: UnitOfWork, row: Case) -> None:
    """Give the claimant his number, and tell the other side that there is something to answer."""
    kind = codes.KINDS[row.kind]
    if row.claimant in ("worker", "employer"):
        text = f"{kind}已登记，受理号{row.receipt}，查询码{row.digits}。{clock.shanghai(row.first_due_at):%m月%d日}前联系您。"
        await common.notify(uow, row, row.claimant, text)
    else:
        await common.notify_claimant(
            uow, row, f"{kind}已登记，受理号{row.receipt}，查询码{row.digits}。办理有进展会发短信。"
        )
    if row.worker_id is not None and row.employer_id is not None:
        other = "employer" if row.claimant == "worker" else "worker"
        money_words = f"，金额{format_yuan(row.amount_fen)}元" if row.amount_fen else ""
        await common.notify(
            uow, row, other, f"对方提出{kind}{money_words}，受理号{row.receipt}。请登录说明情况，或等驿站电话。"
        )


async def linked(uow: UnitOfWork, form: CaseForm) -> Link:
    """Return what the form names, from the most exact down; foreign and missing alike are NotFound."""
    link = Link()
    engagement_id, assignment_id, order_id = form.engagement_id, form.assignment_id, form.order_id
    if form.bill_id is not None:
        link.bill = await _seen(uow, Bill, form.bill_id)
        engagement_id, assignment_id = link.bill.engagement_id, link.bill.assignment_id
    if assignment_id is not None:
        link.assignment = await _seen(uow, Assignment, assignment_id)
        engagement_id = link.assignment.engagement_id
    if engagement_id is not None:
        link.engagement = await _seen(uow, Engagement, engagement_id)
        order_id = link.engagement.order_id
    if order_id is not None:
        link.post = await uow.session.get(BoardPost, order_id)
        if link.post is None:
            raise NotFound
    return link


async def _seen(uow: UnitOfWork, model: type[M], key: UUID) -> M:
    seen: sa.ColumnElement[bool] = sa.true()
    if uow.actor.kind == "staff":
        seen = sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    found: M | None = await uow.session.scalar(
        sa.select(model).where(model.id == key, seen).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _phone(raw: str, faults: list[Fault]) -> str:
    if not raw.strip():
        return ""
    try:
        return normalise_phone(raw).number
    except BadNumber as error:
        faults.append(Fault("phone", error.message, "phone"))
        return ""


async def _claimant(uow: UnitOfWork, form: CaseForm, link: Link, name: str, faults: list[Fault]) -> _Claimant:
    kind, engagement = uow.actor.kind, link.engagement
    if kind == "worker":
        return _Claimant("worker", engagement.worker_name if engagement else name, worker_id=uow.actor.id)
    if kind == "employer":
        return _Claimant("employer", link.post.employer_name if link.post else name, employer_id=uow.actor.employer_id)
    if kind == "system" and not uow.actor.post_id.int and form.claimant is None:
        return _Claimant("anonymous" if not name else "person", name)
    chosen = form.claimant
    if chosen is None:
        faults.append(Fault("claimant", "请选是谁来反映的。", "required"))
        return _Claimant("anonymous")
    if chosen == "anonymous":
        return _Claimant("anonymous")
    if chosen == "person":
        if not name:
            faults.append(Fault("name", "请填来人的称呼；不愿留名就选匿名。", "required"))
        return _Claimant("person", name)
    if engagement is not None:
        if chosen == "worker":
            return _Claimant("worker", engagement.worker_name, worker_id=engagement.worker_id)
        return _Claimant("employer", link.post.employer_name if link.post else "", employer_id=engagement.employer_id)
    return await _named(uow, form, chosen, faults)


async def _named(uow: UnitOfWork, form: CaseForm, chosen: str, faults: list[Fault]) -> _Claimant:
    if form.claimant_id is None:
        faults.append(Fault("claimant_id", "请选是哪一位；没登记过的，选“其他人”。", "required"))
        return _Claimant(chosen)
    if chosen == "worker":
        if not await uow.session.scalar(
            sa.select(Person.id).where(Person.id == form.claimant_id, served_by(uow, Person.id))
        ):
            raise NotFound
        return _Claimant("worker", form.name.strip(), worker_id=form.claimant_id)
    found = await uow.session.scalar(
        sa.select(Employer.name).where(Employer.id == form.claimant_id, served_by(uow, Employer.id))
    )
    if found is None:
        raise NotFound
    return _Claimant("employer", found, employer_id=form.claimant_id)


async def _against(uow: UnitOfWork, form: CaseForm, link: Link, who: _Claimant, faults: list[Fault]) -> str | None:
    if form.against in codes.OFFICES:
        try:
            path = tenant_path(form.against_path or "")
        except ValueError:
            path = None
        if path is None or not await uow.session.scalar(sa.select(Node.id).where(Node.path == path)):
            faults.append(Fault("against_path", "请选是哪个驿站。", "required"))
        return path
    nameless = uow.actor.kind == "system" and who.kind in ("anonymous", "person")
    named = form.against in ("employer", "worker") and form.kind in codes.MONEY_KINDS
    if named and link.engagement is None and not nameless:
        faults.append(Fault("engagement_id", "请选是哪一次用工的事。", "required"))
    return None


def _amount(form: CaseForm, link: Link, who: _Claimant, faults: list[Fault]) -> str:
    """Check the amount against the bill (invariant 8); returns what it is to the bill: unpaid, less, more, or nothing."""
    bill = link.bill
    asks = "less" if who.kind == "employer" else form.asks or "none"
    if bill is None:
        asks = "none"
    if form.amount_fen is None:
        if who.kind == "employer" and bill is not None:
            faults.append(Fault("amount_fen", "请写明对多少钱有异议。", "required"))
        return "none"
    if not 0 < form.amount_fen <= 10**9:
        faults.append(Fault("amount_fen", "金额要大于 0，且不超过一千万元。", "range"))
        return "none"
    if bill is None:
        return "none"
    most = bill.total_fen if asks in ("none", "more") else bill.total_fen - bill.paid_fen
    if asks == "none" and form.kind == "wage":
        faults.append(Fault("asks", "请选是钱没付，还是算少了。", "required"))
    if asks == "less" and bill.state == "SETTLED":
        # Paid is paid: what he wants back is no part of the bill any more, and nothing of it is held.
        asks, most = "none", bill.total_fen
    if form.amount_fen > most:
        what = "这张工资单" if asks in ("none", "more") else "还没付的"
        faults.append(Fault("amount_fen", f"争议的钱不能超过{what} {format_yuan(most)} 元。", "range"))
    return asks


async def _within_window(uow: UnitOfWork, link: Link) -> None:
    if link.bill is None or link.bill.settled_at is None:
        return
    window = (await common.spans(uow, link.bill.tenant, "t.dispute.window"))["t.dispute.window"]
    if uow.now > link.bill.settled_at + window:
        raise Conflict(
            f"这笔工钱结清已过 {window.days} 天，平台上不能再提。您仍可以申请劳动仲裁（一年内）或向法院起诉，驿站可以帮您。"
        )


async def _only_one(uow: UnitOfWork, link: Link, who: _Claimant) -> None:
    if link.bill is None:
        return
    known = await uow.session.scalar(
        sa.select(Case.receipt).where(
            Case.bill_id == link.bill.id, Case.claimant == who.kind, Case.state.in_(OPEN_DISPUTE)
        )
    )
    if known:
        raise Conflict(f"这张工资单已经有一件在办，受理号 {known}。有新情况请补充到那一件里。", receipt=known)


async def _place(
    uow: UnitOfWork, link: Link, who: _Claimant, against_path: str | None, post: str | None
) -> tuple[str, str | None]:
    """Return the place in charge and the worker's: the order's, or the county's where a station is complained of."""
    if against_path is not None:
        return await county_of(uow, against_path), None
    via = link.engagement.via if link.engagement else None
    if link.post is not None:
        tenant: str = link.post.tenant
        if uow.actor.kind == "staff" and not uow.scope.covers(tenant):
            via = via if via is not None and uow.scope.covers(via) else post
        return tenant, via
    if post is not None and post != ROOT:
        return post, None
    served = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id.in_([i for i in (who.worker_id, who.employer_id) if i]), live(uow))
        .order_by(ServiceLink.ends_at.desc())
        .limit(1)
    )
    if served is not None:
        return str(served), None
    return await limits.top(uow), None


async def county_of(uow: UnitOfWork, path: str) -> str:
    """Return the county (or zone) in which a place lies; its bureau decides about the place."""
    found = await uow.session.scalar(
        sa.select(Node.path)
        .where(Node.path.in_(ancestors(tenant_path(path))), Node.kind.in_(("county", "zone", "city")))
        .order_by(sa.func.length(Node.path).desc())
        .limit(1)
    )
    return str(found or path)


async def legal_form(uow: UnitOfWork, engagement: Engagement | None) -> str:
    """Return the legal form that both sides agreed on, '' where nothing is agreed."""
    if engagement is None or engagement.terms_version is None:
        return ""
    body = await uow.session.scalar(
        sa.select(TermsVersion.body).where(
            TermsVersion.order_id == engagement.order_id, TermsVersion.version == engagement.terms_version
        )
    )
    return str(msgspec.json.decode(body)["work"].get("legal_form") or "") if body else ""


def _channel(uow: UnitOfWork, form: CaseForm) -> str:
    if uow.actor.channel in ("keypad", "sms"):
        return "phone" if uow.actor.channel == "keypad" else "sms"
    return (
        "web"
        if uow.actor.kind in ("worker", "employer") and form.channel not in ("kiosk", "sms", "system")
        else form.channel
    )


async def clocks(uow: UnitOfWork, tenant: str, kind: str) -> dict[str, datetime]:
    """Return when a case is to be acknowledged, first contacted and closed; a wage complaint the same day (section 9)."""
    ack = (await common.spans(uow, tenant, ACK))[ACK]
    days = await common.numbers(uow, tenant, FIRST, CLOSE)
    first = await working_deadline(uow, tenant, uow.now, days[FIRST])
    if kind == "wage":
        midnight = clock.at_shanghai(clock.business_date(uow.now), time()) + timedelta(days=1)
        first = min(first, max(midnight, uow.now + ack))
    close = await working_deadline(uow, tenant, uow.now, days[CLOSE])
    return {"ack": uow.now + ack, "first": first, "close": close}


async def start_clocks(uow: UnitOfWork, row: Case) -> None:
    """Set the clocks of a case that is new or was opened again."""
    if row.acked_at is None:
        await common.set_timer(uow, row, ACK, row.ack_due_at)
    await common.set_timer(uow, row, FIRST, row.first_due_at)
    await common.set_timer(uow, row, CLOSE, row.close_due_at)
