"""A telephone to play with in dev mode: the messages of a number, answers to them, and the keypad; it takes the real doors.

What is typed goes to the same doors as a gateway's and an exchange's, in signed messages; only the wire is left out.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import aliased

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import LinggongError, NotFound
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.settings import Settings
from linggong.people import messages
from linggong.people.identity_numbers import mask_phone, surname_call
from linggong.people.models import Contact, Person, Worker
from linggong.phones import inbox, keypad, line, protocol
from linggong.phones.models import InMessage, KeypadCall, PhoneQuestion
from linggong.phones.protocol import Inbound, Press
from linggong.web import pages
from rbac.decisions import Decisions
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_LISTED = 24
_KINDS = {"mobile": "本人手机", "landline": "座机", "relative": "亲属电话"}
_STATES = {"queued": "排队", "sent": "已发", "delivered": "已到", "failed": "没送到"}


class PlayedPhone(Controller):
    """Served in dev mode only."""

    path = "/dev/phone"
    include_in_schema = False

    @get("/", opt={"permission": Permission.DEV_READ})
    async def page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        contact: Annotated[UUID | None, QueryParameter(name="c")] = None,
        call: Annotated[str, QueryParameter(name="call", max_length=60)] = "",
        q: Annotated[str, QueryParameter(max_length=30)] = "",
    ) -> Response[bytes]:
        """Whose telephone, its messages, and what the call says."""
        _dev_only(settings)
        played = await _contact(database, contact) if contact else None
        page = pages.render(
            request,
            "dev/phone.html",
            people=await _people(database, secrets, q.strip()),
            q=q,
            chosen=None if played is None else await _shown(database, secrets, played),
            talk=None if played is None else await _talk(database, secrets, played, call),
        )
        page.headers["cache-control"] = "no-store"
        return page

    @post("/{contact_id:uuid}/text", opt={"permission": Permission.PUBLIC_USE})
    async def text(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        decisions: NamedDependency[Decisions],
        contact_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Text in from this number."""
        _dev_only(settings)
        played = await _contact(database, contact_id)
        said = str((await pages.form_values(request)).get("text", ""))[:1000]
        number = _number(secrets, played)
        body = msgspec.json.encode(Inbound(message_id=f"dev-{uuid4()}", number=number, text=said))
        await inbox.receive(
            database, secrets.sealer, decisions, *_signed(settings, secrets, protocol.INBOUND_PATH, body)
        )
        return _back(request, contact_id)

    @post("/{contact_id:uuid}/key", opt={"permission": Permission.PUBLIC_USE})
    async def key(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        decisions: NamedDependency[Decisions],
        contact_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Dial, pick up, press a key, or hang up."""
        _dev_only(settings)
        played = await _contact(database, contact_id)
        form = await pages.form_values(request)
        call, key = str(form.get("call", ""))[:60], str(form.get("key", ""))[:12]
        if key == "hang_up":
            return _back(request, contact_id)
        row = await _call(database, call) if call else None
        asked = Press(
            session=row.ref if row else f"dev-{uuid4()}",
            step=row.step + 1 if row else 0,
            number=_number(secrets, played),
            keys=key if row and key.isdecimal() else "",
            call_id=str(form.get("ring", ""))[:60] if row is None else "",
        )
        body = msgspec.json.encode(asked)
        signed = _signed(settings, secrets, protocol.KEYPAD_PATH, body)
        try:
            await keypad.press(database, secrets.sealer, decisions, *signed)
        except LinggongError as error:
            return _back(request, contact_id, say=error.detail)
        return _back(request, contact_id, call=asked.session)


def _dev_only(settings: Settings) -> None:
    if not settings.dev:
        raise NotFound


def _signed(settings: Settings, secrets: Secrets, path: str, body: bytes) -> tuple[bytes, str, bytes]:
    key = line.key_of(settings, secrets)
    return key, protocol.sign(key, clock.now(), path, body), body


def _back(request: AnyRequest, contact_id: UUID, *, call: str = "", say: str = "") -> Response[bytes]:
    query = urlencode({"c": str(contact_id), **({"call": call} if call else {})})
    return pages.redirect(request, f"/dev/phone?{query}", say=say, kind="bad")


def _number(secrets: Secrets, contact: Contact) -> str:
    return secrets.sealer.open(contact.number_sealed, f"contacts.number_sealed.{contact.id}")


async def _contact(database: Database, contact_id: UUID) -> Contact:
    async with database.system() as uow:
        found: Contact | None = await uow.session.get(Contact, contact_id)
        if found is None or found.kind == "station":
            raise NotFound
        return found


async def _call(database: Database, ref: str) -> KeypadCall | None:
    async with database.system() as uow:
        found: KeypadCall | None = await uow.session.scalar(sa.select(KeypadCall).where(KeypadCall.ref == ref))
        return found


async def _people(database: Database, secrets: Secrets, begins: str) -> list[dict[str, Any]]:
    """Return whose telephones can be played: those who were asked something first, then those without a smartphone."""
    waiting = (
        sa.select(PhoneQuestion.number_index, sa.func.count().label("open"))
        .where(PhoneQuestion.state == "open")
        .group_by(PhoneQuestion.number_index)
        .subquery()
    )
    statement = (
        sa.select(Contact, Person.name, Person.sex, Worker.phone_kind, waiting.c.open)
        .join(Person, Person.id == Contact.person_id)
        .join(Worker, Worker.person_id == Person.id)
        .outerjoin(waiting, waiting.c.number_index == Contact.number_index)
        .where(Contact.ended_at.is_(None), Contact.kind != "station", Person.status == "active")
        .order_by(
            waiting.c.open.desc().nulls_last(), (Worker.phone_kind == "smart"), Person.created_at.desc(), Contact.id
        )
        .limit(_LISTED)
    )
    if begins.isdecimal() and len(begins) >= 7:
        statement = statement.where(Contact.number_index == secrets.sealer.blind_index("phone", begins))
    elif begins:
        statement = statement.where(Person.name.startswith(begins, autoescape=True))
    async with database.system() as uow:
        rows = (await uow.execute(statement)).all()
    return [
        {
            "id": str(contact.id),
            "who": surname_call(name, sex),
            "number": mask_phone(_number(secrets, contact)),
            "kind": _KINDS[contact.kind],
            "smart": phone_kind == "smart",
            "open": asked or 0,
        }
        for contact, name, sex, phone_kind, asked in rows
    ]


async def _shown(database: Database, secrets: Secrets, contact: Contact) -> dict[str, Any]:
    """Return a telephone with its messages, the newest first, as a plain handset lists them."""
    sealer = secrets.sealer
    got = await messages.recent(database, sealer, 20, number_index=contact.number_index)
    async with database.system() as uow:
        person = await uow.session.get_one(Person, contact.person_id)
        sent = await uow.session.scalars(
            sa.select(InMessage)
            .where(InMessage.number_index == contact.number_index)
            .order_by(InMessage.received_at.desc())
            .limit(20)
        )
        texts: list[dict[str, Any]] = [
            {
                "at": m.received_at,
                "text": sealer.open(m.text_sealed, f"in_messages.text_sealed.{m.id}"),
                "mine": True,
                "state": "",
            }
            for m in sent
        ]
    texts += [{"at": m.created_at, "text": m.text, "mine": False, "state": _STATES[m.state]} for m in got]
    return {
        "id": str(contact.id),
        "who": surname_call(person.name, person.sex),
        "number": mask_phone(_number(secrets, contact)),
        "texts": sorted(texts, key=lambda t: t["at"], reverse=True)[:20],
    }


async def _talk(database: Database, secrets: Secrets, contact: Contact, call: str) -> dict[str, Any]:
    """Return what the call says, and the call of ours that rings."""
    row = await _call(database, call) if call else None
    if row is not None and row.number_index == contact.number_index:
        return {"call": row.ref, "said": keypad.said(secrets.sealer, row), "over": row.then == "hang_up", "ring": ""}
    picked_up = aliased(KeypadCall)
    async with database.system() as uow:
        ring = await uow.session.scalar(
            sa.select(OutsideCall.id)
            .outerjoin(PhoneQuestion, PhoneQuestion.id == OutsideCall.subject_id)
            .outerjoin(KeypadCall, KeypadCall.id == OutsideCall.subject_id)
            .where(
                OutsideCall.system == messages.SYSTEM,
                OutsideCall.state == "answered",
                sa.or_(
                    sa.and_(
                        OutsideCall.kind == "ring",
                        PhoneQuestion.state == "open",
                        PhoneQuestion.call_at.is_not(None),
                        PhoneQuestion.number_index == contact.number_index,
                    ),
                    sa.and_(
                        OutsideCall.kind == line.CALL_BACK,
                        KeypadCall.number_index == contact.number_index,
                        ~sa.exists().where(picked_up.back_of == KeypadCall.id),
                    ),
                ),
            )
            .order_by(OutsideCall.created_at.desc())
            .limit(1)
        )
    return {"call": "", "said": "", "over": False, "ring": str(ring) if ring else ""}


CONTROLLERS: list[Any] = [PlayedPhone]
