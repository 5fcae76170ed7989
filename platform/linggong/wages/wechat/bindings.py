"""A worker says to which WeChat account his wages may go, and takes it back. Nobody binds for him."""

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


class BindingView(msgspec.Struct, frozen=True, kw_only=True):
    """Where he is paid: only the end of what WeChat calls him is shown."""

    openid: str
    bound_at: datetime


async def mine(uow: UnitOfWork, sealer: Sealer) -> BindingView | None:
    """Return the acting worker's binding; None without one."""
    row = await _own(uow)
    if row is None:
        return None
    return BindingView(
        openid=f"****{open_openid(sealer, row.person_id, row.openid_sealed)[-4:]}", bound_at=row.bound_at
    )


async def bind(uow: UnitOfWork, sealer: Sealer, openid: str) -> None:
    """Let wages go to this WeChat account; the consent is his own tap. Raises Conflict when one is bound, Forbidden for others."""
    if uow.actor.kind != "worker":
        raise Forbidden("微信收款要零工自己绑定。")
    if await _own(uow) is not None:
        raise Conflict("已经绑定过微信了。要换一个，先解绑。")
    person_id = uow.actor.id
    consent = Consent(
        id=new_id(), person_id=person_id, purpose=PURPOSE, text_version=TEXT_VERSION, method="tap", evidence="",
        taken_by=None, given_at=uow.now,
    )  # fmt: skip
    uow.session.add(consent)
    await uow.flush()
    uow.session.add(
        WechatBinding(
            person_id=person_id, openid_sealed=sealer.seal(openid, _place(person_id)), consent_id=consent.id, bound_at=uow.now
        )
    )  # fmt: skip
    await uow.flush()
    await _told(uow, "wechat_binding.bound")


async def unbind(uow: UnitOfWork) -> None:
    """Take it back: what is ordered from now on does not go there. Raises NotFound without one."""
    row = await _own(uow)
    if row is None:
        raise NotFound
    await uow.execute(sa.update(Consent).where(Consent.id == row.consent_id).values(withdrawn_at=uow.now))
    await uow.session.delete(row)
    await uow.flush()
    await _told(uow, "wechat_binding.ended")


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


async def _own(uow: UnitOfWork) -> WechatBinding | None:
    found: WechatBinding | None = await uow.session.scalar(
        sa.select(WechatBinding)
        .where(WechatBinding.person_id == uow.actor.id)
        .execution_options(populate_existing=True)
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
