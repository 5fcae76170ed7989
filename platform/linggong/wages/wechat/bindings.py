"""A worker says that his wages, or notices, may go to his WeChat, and takes it back. Nobody binds for him."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Forbidden, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people.models import Consent
from linggong.wages.wechat.models import WechatBinding

PURPOSE: Final = "wechat_pay"
TEXT_VERSION: Final = "wechat-1"
MESSAGES: Final = "wechat_messages"
MESSAGES_TEXT: Final = "wechat-messages-1"
MOST_GRANTS: Final = 10
"""Messages that may wait for a use: more presses than that help nobody."""


class BindingView(msgspec.Struct, frozen=True, kw_only=True):
    """Where he is paid: only the end of what WeChat calls him is shown."""

    openid: str
    bound_at: datetime


async def mine(uow: UnitOfWork, sealer: Sealer) -> BindingView | None:
    """Return the acting worker's binding; None without one."""
    row = await _own(uow)
    if row is None or row.consent_id is None:
        return None
    return BindingView(
        openid=f"****{open_openid(sealer, row.person_id, row.openid_sealed)[-4:]}", bound_at=row.bound_at
    )


async def bind(uow: UnitOfWork, sealer: Sealer, openid: str) -> None:
    """Let wages go to this WeChat account; the consent is his own tap. Raises Conflict when one is bound, Forbidden for others."""
    if uow.actor.kind != "worker":
        raise Forbidden("微信收款要零工自己绑定。")
    row = await _own(uow)
    if row is not None and row.consent_id is not None:
        raise Conflict("已经绑定过微信了。要换一个，先解绑。")
    consent_id = await _consent(uow, PURPOSE, TEXT_VERSION)
    if row is None:
        row = _made(uow, sealer, openid)
    row.consent_id, row.bound_at = consent_id, uow.now
    await uow.flush()
    await _told(uow, "wechat_binding.bound")


async def unbind(uow: UnitOfWork) -> None:
    """Take it back: what is ordered from now on does not go there. Raises NotFound without one."""
    row = await _own(uow)
    if row is None or row.consent_id is None:
        raise NotFound
    await _withdraw(uow, row.consent_id)
    row.consent_id = None
    await _kept(uow, row)
    await _told(uow, "wechat_binding.ended")


async def messages(uow: UnitOfWork) -> int | None:
    """Return how many messages the acting worker still allows; None when he wants none by WeChat."""
    row = await _own(uow)
    return None if row is None or row.messages_consent_id is None else row.message_grants


async def allow_message(uow: UnitOfWork, sealer: Sealer, openid: str) -> int:
    """Allow one message more, as WeChat counts presses; returns how many. The first press is his consent.

    Raises Forbidden for others, Conflict where more would not help.
    """
    if uow.actor.kind != "worker":
        raise Forbidden("微信通知要零工自己开。")
    row = await _own(uow, lock=True)
    if row is not None and row.message_grants >= MOST_GRANTS:
        raise Conflict(f"已经点了 {MOST_GRANTS} 条，够用了。用掉了再来点。")
    agreed = row.messages_consent_id if row is not None else None
    consent_id = agreed or await _consent(uow, MESSAGES, MESSAGES_TEXT)
    if row is None:
        row = _made(uow, sealer, openid)
    row.messages_consent_id, row.message_grants = consent_id, row.message_grants + 1
    await uow.flush()
    await _told(uow, "wechat_messages.allowed")
    return row.message_grants


async def stop_messages(uow: UnitOfWork) -> None:
    """Take it back: notices come by SMS again. Raises NotFound where he wanted none by WeChat."""
    row = await _own(uow)
    if row is None or row.messages_consent_id is None:
        raise NotFound
    await _withdraw(uow, row.messages_consent_id)
    row.messages_consent_id, row.message_grants = None, 0
    await _kept(uow, row)
    await _told(uow, "wechat_messages.stopped")


async def message_to(uow: UnitOfWork, person_id: UUID) -> tuple[bytes, int] | None:
    """Return the sealed openid for messages and how many he allows, for the line alone; None where he wants none there."""
    found = (
        await uow.execute(sa.text("SELECT openid_sealed, grants FROM wechat_message_to(:p)"), {"p": person_id})
    ).one_or_none()
    return (found.openid_sealed, found.grants) if found is not None else None


async def change_grants(uow: UnitOfWork, person_id: UUID, by: int | None) -> bool:
    """Take one message (-1), give one back (1) or note that none is left (None), for the line alone; False: there was none."""
    said = await uow.execute(
        sa.text("SELECT wechat_message_grants(:p, CAST(:n AS integer)) AS left_over"), {"p": person_id, "n": by}
    )
    return said.scalar_one() is not None


async def forget(uow: UnitOfWork, _: NewEvent) -> None:
    """His account was closed: nothing of it stays here."""
    await uow.execute(sa.delete(WechatBinding).where(WechatBinding.person_id == uow.actor.id))


async def openids(uow: UnitOfWork, sealer: Sealer, bill_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return by bill to which WeChat account its worker agreed to be paid, for whoever acts on the bill."""
    rows = await uow.execute(
        sa.text("SELECT bill_id, worker_id, openid_sealed FROM wechat_payees_of(:b)"), {"b": list(bill_ids)}
    )
    return {row.bill_id: open_openid(sealer, row.worker_id, row.openid_sealed) for row in rows}


def stand_in_openid(person_id: UUID) -> str:
    """Return what the stand-in calls this person: a real openid comes from WeChat when he opens the city's app there."""
    return "oStandIn" + hashlib.sha256(person_id.bytes).hexdigest()[:20]


def open_openid(sealer: Sealer, person_id: UUID, sealed: bytes) -> str:
    """Return an openid in clear."""
    return sealer.open(sealed, _place(person_id))


def _made(uow: UnitOfWork, sealer: Sealer, openid: str) -> WechatBinding:
    person_id = uow.actor.id
    row = WechatBinding(
        person_id=person_id, openid_sealed=sealer.seal(openid, _place(person_id)), bound_at=uow.now, message_grants=0
    )
    uow.session.add(row)
    return row


async def _consent(uow: UnitOfWork, purpose: str, text_version: str) -> UUID:
    consent = Consent(
        id=new_id(), person_id=uow.actor.id, purpose=purpose, text_version=text_version, method="tap", evidence="",
        taken_by=None, given_at=uow.now,
    )  # fmt: skip
    uow.session.add(consent)
    await uow.flush()
    return consent.id


async def _withdraw(uow: UnitOfWork, consent_id: UUID) -> None:
    await uow.execute(sa.update(Consent).where(Consent.id == consent_id).values(withdrawn_at=uow.now))


async def _kept(uow: UnitOfWork, row: WechatBinding) -> None:
    """Keep the account only as long as he agrees to something."""
    if row.consent_id is None and row.messages_consent_id is None:
        await uow.session.delete(row)
    await uow.flush()


async def _own(uow: UnitOfWork, *, lock: bool = False) -> WechatBinding | None:
    """Return the acting worker's row; locked where its count is changed, because the line takes from it too."""
    wanted = sa.select(WechatBinding).where(WechatBinding.person_id == uow.actor.id)
    found: WechatBinding | None = await uow.session.scalar(
        (wanted.with_for_update() if lock else wanted).execution_options(populate_existing=True)
    )
    return found


async def _told(uow: UnitOfWork, event: str) -> None:
    person_id = uow.actor.id
    await uow.emit(
        NewEvent(
            type=event, chain=f"person:{person_id}", subject_id=person_id, person_id=person_id, tenant=None, body={}
        )
    )


def _place(person_id: UUID) -> str:
    return f"wechat_bindings.openid_sealed.{person_id}"
