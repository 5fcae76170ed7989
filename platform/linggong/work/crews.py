"""班组: a leader signs up those who each agreed to come with him; each confirms, checks in and is paid himself (12 L, 36 L)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, LinggongError, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import service_links
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Person, ServiceLink
from linggong.work import common, engage
from linggong.work.crew_models import Crew, CrewMember

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_MOST_FEE = 10_000


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member as his leader, his clerk and he himself see him."""

    id: UUID
    person_id: UUID
    name: str
    crew_id: UUID
    crew_name: str


class CrewView(msgspec.Struct, frozen=True, kw_only=True):
    """A crew: its code for those who join, and what the employer pays the leader for each of them and day."""

    id: UUID
    name: str
    leader_name: str
    code: str
    fee_fen: int
    members: list[MemberView]


class SignedUp(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed up, and who is not and why."""

    engagements: list[UUID]
    refused: dict[str, str]
    """{member's name: reason}."""


async def found(uow: UnitOfWork, *, name: str, fee_fen: int = 0, leader_id: UUID | None = None) -> Crew:
    """Found a crew: the leader himself, or a clerk for one whom his post serves. Raises Invalid, Conflict, NotFound."""
    faults = []
    if not 2 <= len(name.strip()) <= 20 or not name.strip().isprintable():
        faults.append(Fault("name", "班组名称请写 2 到 20 个字。", "required"))
    if not 0 <= fee_fen <= _MOST_FEE:
        faults.append(Fault("fee_fen", "带班费每人每天不超过 100 元，由雇主另付，不从工钱里扣。", "range"))
    if faults:
        raise Invalid(faults)
    leader = await _person(uow, leader_id)
    node = uow.actor.post if uow.actor.kind == "staff" else await _home(uow, leader.id)
    if node is None:
        raise Conflict("请先到驿站登记，再建班组。")
    crew = Crew(
        id=new_id(),
        tenant=node,
        leader_id=leader.id,
        leader_name=surname_call(leader.name, leader.sex),
        name=name.strip(),
        code="".join(secrets.choice(_LETTERS) for _ in range(8)),
        fee_fen=fee_fen,
        created_at=uow.now,
    )
    uow.session.add(crew)
    await uow.flush()
    await _tell(uow, crew.id, crew.tenant, leader.id, "crew.founded", fee_fen=fee_fen)
    return crew


async def join(uow: UnitOfWork, code: str, *, worker_id: UUID | None = None) -> CrewMember:
    """Agree to come with a crew, by the code that its leader tells: the worker himself, or a clerk who serves him.

    Raises NotFound for a wrong code and for one's own crew.
    """
    person = await _person(uow, worker_id)
    via = uow.actor.post if uow.actor.kind == "staff" else await _home(uow, person.id)
    crew_id = await uow.session.scalar(
        sa.text("SELECT join_crew(:code, :member, :id, :name, :via, :by, :now)"),
        {
            "code": code.strip().upper(),
            "member": person.id,
            "id": new_id(),
            "name": surname_call(person.name, person.sex),
            "via": via,
            "by": common.said_by(uow),
            "now": uow.now,
        },
    )
    if crew_id is None:
        raise NotFound
    member = (
        await uow.session.scalars(
            sa.select(CrewMember).where(
                CrewMember.crew_id == crew_id, CrewMember.person_id == person.id, CrewMember.left_at.is_(None)
            )
        )
    ).one()
    await _tell(uow, crew_id, member.tenant, person.id, "crew.joined", by=member.agreed_by)
    return member


async def leave(uow: UnitOfWork, member_id: UUID) -> None:
    """Leave a crew, or be let go by its leader; jobs already agreed stay each one's own. Raises NotFound."""
    member = await uow.session.scalar(
        sa.select(CrewMember).where(CrewMember.id == member_id, CrewMember.left_at.is_(None), _mine(uow))
    )
    if member is None:
        raise NotFound
    member.left_at = uow.now
    await _tell(uow, member.crew_id, member.tenant, member.person_id, "crew.left")


async def sign_up(
    uow: UnitOfWork, crew_id: UUID, order_id: UUID, member_ids: Sequence[UUID], *, replacement_id: UUID | None = None
) -> SignedUp:
    """Sign up members for an order that takes crews (12 L): by the leader, or a clerk for him.

    Each stands alone: who cannot come is named with the reason. Every member confirms the price himself (18). Raises
    Conflict for an order that takes no crews, Invalid, NotFound.
    """
    crew = await uow.session.scalar(sa.select(Crew).where(Crew.id == crew_id, Crew.ended_at.is_(None)))
    if crew is None:
        raise NotFound
    terms = msgspec.json.decode((await common.latest_terms(uow, order_id)).body)
    if not terms["work"].get("crew_allowed"):
        raise Conflict("这个活不收整班的人，请各自报名。")
    if not member_ids:
        raise Invalid([Fault("members", "请至少选一位成员。", "required")])
    rows = (
        await uow.session.scalars(
            sa.select(CrewMember).where(
                CrewMember.crew_id == crew.id, CrewMember.id.in_(member_ids), CrewMember.left_at.is_(None)
            )
        )
    ).all()
    if len(rows) != len(set(member_ids)):
        raise NotFound
    taken: list[UUID] = []
    refused: dict[str, str] = {}
    for member in rows:
        try:
            async with uow.savepoint():
                entry = engage.CrewEntry(crew.id, crew.leader_id, member.member_name, member.via)
                row = await engage.enter_member(uow, order_id, member.person_id, entry, replacement_id=replacement_id)
                taken.append(row.id)
        except LinggongError as error:
            refused[member.member_name] = error.detail
    return SignedUp(engagements=taken, refused=refused)


async def mine(uow: UnitOfWork) -> list[CrewView]:
    """Return the crews that the actor leads, or that are registered at the post, with their members."""
    crews = (
        await uow.session.scalars(sa.select(Crew).where(Crew.ended_at.is_(None), _led(uow)).order_by(Crew.created_at))
    ).all()
    members = await uow.session.scalars(
        sa.select(CrewMember)
        .where(CrewMember.crew_id.in_([c.id for c in crews]), CrewMember.left_at.is_(None))
        .order_by(CrewMember.joined_at)
    )
    of: dict[UUID, list[MemberView]] = {c.id: [] for c in crews}
    for member in members:
        of[member.crew_id].append(_view(member))
    return [
        CrewView(id=c.id, name=c.name, leader_name=c.leader_name, code=c.code, fee_fen=c.fee_fen, members=of[c.id])
        for c in crews
    ]


async def memberships(uow: UnitOfWork) -> list[MemberView]:
    """Return the crews with which the signed-in worker agreed to come."""
    rows = await uow.session.scalars(
        sa.select(CrewMember)
        .where(CrewMember.person_id == uow.actor.id, CrewMember.left_at.is_(None))
        .order_by(CrewMember.joined_at)
    )
    return [_view(row) for row in rows]


def _view(row: CrewMember) -> MemberView:
    return MemberView(
        id=row.id, person_id=row.person_id, name=row.member_name, crew_id=row.crew_id, crew_name=row.crew_name
    )


def _led(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return uow.scope.clause(Crew.tenant) if uow.actor.kind == "staff" else Crew.leader_id == uow.actor.id


def _mine(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(CrewMember.tenant), uow.scope.clause(CrewMember.via))
    return sa.or_(CrewMember.person_id == uow.actor.id, CrewMember.leader_id == uow.actor.id)


async def _person(uow: UnitOfWork, worker_id: UUID | None) -> Person:
    """Return the verified worker for whom the actor speaks; raises NotFound, Invalid, Conflict."""
    if uow.actor.kind == "worker":
        if worker_id not in (None, uow.actor.id):
            raise NotFound
        wanted = sa.select(Person).where(Person.id == uow.actor.id)
    elif worker_id is None:
        raise Invalid([Fault("worker_id", "请选一位零工。", "required")])
    else:
        wanted = sa.select(Person).where(Person.id == worker_id, service_links.served_by(uow, Person.id))
    person = await uow.session.scalar(wanted)
    if person is None:
        raise NotFound
    if person.status != "active" or person.verified_level < 1:
        raise Conflict("请先实名登记，再进班组。")
    return person


async def _home(uow: UnitOfWork, person_id: UUID) -> str | None:
    home: str | None = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id == person_id, ServiceLink.kind == "registered", ServiceLink.ends_at > uow.now)
        .order_by(ServiceLink.started_at.desc())
        .limit(1)
    )
    return home


async def _tell(uow: UnitOfWork, crew_id: UUID, tenant: str, person_id: UUID, event: str, **body: object) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"crew:{crew_id}", subject_id=crew_id, tenant=tenant, person_id=person_id, body=dict(body)
        )
    )
