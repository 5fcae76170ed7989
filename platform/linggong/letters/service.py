"""Issuing, signing for and withdrawing letters (R117, R119, R128, R131). Nothing that was issued is ever changed.

A number has no gap: the next one is taken under a lock of the issuer's kind and year, in the transaction that writes the letter.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock, tasks
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.letters import kinds, recipients
from linggong.letters.kinds import MOST_FIELD, LetterKind
from linggong.letters.models import Letter, LetterReceipt
from linggong.letters.recipients import Recipient
from linggong.offices.models import OperatorContract
from linggong.people import notices
from linggong.people.models import Employer, Staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.models import Node
from tenants.service import resolved

JOB: Final = "letters.seal"
ISSUERS: Final = (Role.COUNTY_BUREAU, Role.CITY_BUREAU)
_LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))")


class LetterForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A letter to issue. `recipient` is node, operator or employer, `to` its id; `fields` as the kind asks for them.

    `about` and `about_id` name the row of a slice that it follows from (a card, a contract).
    """

    kind: Annotated[str, Meta(max_length=31)]
    recipient: Annotated[str, Meta(max_length=10)]
    to: UUID | None
    fields: dict[str, Annotated[str, Meta(max_length=4000)]]
    due_on: date | None = None
    about: Annotated[str, Meta(max_length=30)] = ""
    about_id: UUID | None = None


async def issue(uow: UnitOfWork, form: LetterForm, *, at: str | None = None) -> Letter:
    """Issue a letter from the acting post's place (`at` for the machine alone); the recipient is told, the paper is made.

    Raises Forbidden for whoever is no bureau, Invalid with every fault.
    """
    return await _issue(uow, form, await _issuer(uow, at), None)


async def check(uow: UnitOfWork, form: LetterForm) -> None:
    """Raise what `issue` would raise, and write nothing."""
    await _checked(uow, form, await _issuer(uow, None))


async def withdraw(uow: UnitOfWork, letter_id: UUID, *, reason: str) -> Letter:
    """Withdraw a letter by another one of the same issuer to the same recipient; returns that one.

    Raises NotFound, Forbidden for another issuer's, Conflict for one that is withdrawn already or is itself a withdrawal, Invalid.
    """
    node = await _issuer(uow, None)
    row = await uow.session.scalar(sa.select(Letter).where(Letter.id == letter_id, uow.scope.clause(Letter.tenant)))
    if row is None:
        raise NotFound
    if row.tenant != node.path:
        raise Forbidden("公文由发文的单位自己撤回。")
    await uow.execute(_LOCK, {"key": f"letter {letter_id}"})
    if row.withdraws_id is not None:
        raise Conflict("撤回通知书不能再撤回，请另发新的公文。")
    if await uow.session.scalar(sa.select(sa.exists().where(Letter.withdraws_id == letter_id))):
        raise Conflict("这件公文已经撤回了。")
    form = LetterForm(
        kind=kinds.WITHDRAWAL, recipient=row.recipient, to=await _addressee(uow, row),
        fields={"original": f"《{row.label}》（{row.number}）", "reason": reason}, about=row.about, about_id=row.about_id,
    )  # fmt: skip
    return await _issue(uow, form, node, letter_id)


async def sign(uow: UnitOfWork, letter_id: UUID) -> LetterReceipt:
    """Sign for a letter, as its recipient; a second time changes nothing. Raises NotFound for whoever does not receive it."""
    row = await uow.session.scalar(sa.select(Letter).where(Letter.id == letter_id, received(uow)))
    if row is None:
        raise NotFound
    await uow.execute(_LOCK, {"key": f"letter receipt {letter_id}"})
    known = await uow.session.scalar(sa.select(LetterReceipt).where(LetterReceipt.letter_id == row.id))
    if known is not None:
        return known
    receipt = LetterReceipt(
        id=new_id(), letter_id=row.id, tenant=row.tenant, via=row.via, employer_id=row.employer_id,
        name=await _who(uow), signed_by=None if uow.actor.id == NOBODY else uow.actor.id, signed_at=uow.now,
    )  # fmt: skip
    uow.session.add(receipt)
    await uow.flush()
    await announce(uow, row, "letter.signed", name=receipt.name)
    return receipt


def received(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the condition for letters that the actor receives: his employer's, or his post's own and those below it."""
    if uow.actor.kind == "employer":
        return sa.and_(Letter.recipient == "employer", Letter.employer_id == uow.actor.employer_id)
    if uow.actor.kind != "staff":
        return sa.false()
    mine = [Letter.via.is_not(None), uow.scope.clause(Letter.via)]
    if uow.actor.role in ISSUERS:
        # Above the recipient one reads; only a letter to one's own office is one's own to sign.
        return sa.and_(Letter.via == uow.actor.post, Letter.recipient == "node")
    mine.append(_of_operator(uow) if uow.actor.role == Role.COUNTY_OPERATOR else Letter.recipient == "node")
    return sa.and_(*mine)


def _of_operator(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """An operator's people receive its own letters and their stations', never another operator's (R020)."""
    own = (
        sa.select(OperatorContract.operator_id)
        .join(RoleAssignment, RoleAssignment.contract_id == OperatorContract.id)
        .where(RoleAssignment.id == uow.actor.post_id)
    )
    station = sa.and_(Letter.recipient == "node", Letter.via != uow.actor.post)
    return sa.or_(station, Letter.operator_id.in_(own))


async def _issuer(uow: UnitOfWork, at: str | None) -> Node:
    staff = uow.actor.kind == "staff"
    path = uow.actor.post if staff else at
    if path is None or (staff and uow.actor.role not in ISSUERS) or uow.actor.kind not in ("staff", "system"):
        raise Forbidden("公文由人社局发出。您可以写明情况，请人社局发。")
    node = await uow.session.scalar(sa.select(Node).where(Node.path == path))
    if node is None:
        raise NotFound
    return node


async def _checked(uow: UnitOfWork, form: LetterForm, node: Node) -> tuple[LetterKind, Recipient]:
    faults: list[Fault] = []
    kind = (await kinds.at(uow, node.path)).get(form.kind)
    to = await recipients.find(uow, tenant_path(node.path), form.recipient, form.to, faults)
    if kind is None:
        faults.append(Fault("kind", "请选公文种类。", "choice"))
    else:
        faults += _typed(kind, form)
        today = clock.business_date(uow.now)
        if kind.dated and form.due_on is None:
            faults.append(Fault("due_on", "请写期限是哪一天。", "required"))
        if not kind.dated and form.due_on is not None:
            faults.append(Fault("due_on", f"“{kind.label}”没有期限，请去掉。", "unused"))
        if kind.dated and form.due_on is not None and form.due_on <= today:
            faults.append(Fault("due_on", "期限要在今天以后。", "past"))
    if faults or kind is None or to is None:
        raise Invalid(faults)
    return kind, to


def _typed(kind: LetterKind, form: LetterForm) -> list[Fault]:
    names = {one.name for one in kind.fields}
    faults = [
        Fault("fields", f"“{kind.label}”没有“{name[:20]}”这一项。", "unknown")
        for name in form.fields
        if name not in names
    ]
    for one in kind.fields:
        text = form.fields.get(one.name, "").strip()
        if len(text) < 2:
            faults.append(Fault(one.name, f"请写“{one.label}”。", "required"))
        elif len(text) > MOST_FIELD:
            faults.append(Fault(one.name, f"“{one.label}”最多 {MOST_FIELD} 个字。", "length"))
    return faults


async def _issue(uow: UnitOfWork, form: LetterForm, node: Node, withdraws: UUID | None) -> Letter:
    kind, to = await _checked(uow, form, node)
    if kind.code == kinds.WITHDRAWAL and withdraws is None:
        raise Invalid([Fault("kind", "撤回请在要撤回的那件公文上办。", "choice")])
    told = await resolved(uow, node.path, "letter.prefix", "letter.issuer")
    # A prefix is one office's own: what a place above has set is that place's.
    own = {key: str(one.value) for key, one in told.items() if one.source_path == node.path and one.value}
    prefix = own.get("letter.prefix", f"{node.short_name}人社")
    issuer = own.get("letter.issuer", f"{node.name}人力资源和社会保障局")
    year = clock.business_date(uow.now).year
    await uow.execute(_LOCK, {"key": f"{node.id} {kind.mark} {year}"})
    last = await uow.session.scalar(
        sa.select(sa.func.max(Letter.no)).where(
            Letter.tenant == node.path, Letter.mark == kind.mark, Letter.year == year
        )
    )
    no = (last or 0) + 1
    values = {name: text.strip() for name, text in form.fields.items()}
    values |= {"recipient": to.name, "issuer": issuer, "due": chinese_day(form.due_on) if form.due_on else ""}
    row = Letter(
        id=new_id(), tenant=node.path, via=to.via, recipient=to.kind, employer_id=to.employer_id,
        operator_id=to.operator_id, recipient_name=to.name, kind=kind.code, label=kind.label, mark=kind.mark, year=year,
        no=no, number=f"{prefix}{kind.mark}〔{year}〕{no}号", issuer=issuer, body=kinds.written(kind, values),
        due_on=form.due_on, withdraws_id=withdraws, about=form.about, about_id=form.about_id, issued_at=uow.now,
        issued_by=None if uow.actor.id == NOBODY else uow.actor.id, issued_name=await _who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await announce(
        uow,
        row,
        "letter.issued",
        node=node.id,
        label=row.label,
        due_on=row.due_on,
        offices=[list(o) for o in to.offices],
    )
    if row.employer_id is not None:
        text = f"{issuer}给您发来《{row.label}》（{row.number}），请登录零工市场“公文”查看并签收，也可到驿站领取。"
        await notices.notify(
            uow, to="employer", kind="letter", text=text[: notices.MAX_TEXT], subject_id=row.id, tenant=row.tenant,
            employer_id=row.employer_id,
        )  # fmt: skip
    await tasks.enqueue(uow, JOB, {"letter": str(row.id)}, dedupe_key=f"letter:{row.id}")
    return row


async def _addressee(uow: UnitOfWork, row: Letter) -> UUID | None:
    if row.recipient == "node":
        found: UUID | None = await uow.session.scalar(sa.select(Node.id).where(Node.path == row.via))
        return found
    return row.employer_id if row.recipient == "employer" else row.operator_id


async def _who(uow: UnitOfWork) -> str:
    if uow.actor.kind == "employer":
        employer = await uow.session.get(Employer, uow.actor.employer_id)
        return "" if employer is None else employer.name
    member = await uow.session.get(Staff, uow.actor.id) if uow.actor.kind == "staff" else None
    return "" if member is None else member.name


async def announce(uow: UnitOfWork, row: Letter, what: str, *, node: UUID | None = None, **body: object) -> None:
    """Say that something happened to a letter, in the chain of its issuer."""
    node = node or await uow.session.scalar(sa.select(Node.id).where(Node.path == row.tenant))
    told = {k: v.isoformat() if isinstance(v, date) else v for k, v in body.items()}
    await uow.emit(
        NewEvent(
            type=what, chain=f"node:{node}", subject_id=row.id, tenant=row.tenant, via=row.via, employer_id=row.employer_id,
            body={"number": row.number, "kind": row.kind, "recipient": row.recipient, **told},
        )
    )  # fmt: skip


def chinese_day(day: date) -> str:
    """Return a day as letters write it: 2026年3月9日."""
    return f"{day.year}年{day.month}月{day.day}日"
