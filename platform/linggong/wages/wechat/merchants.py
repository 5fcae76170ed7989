"""An employer connects his own merchant account at WeChat Pay, sees it masked, and takes it away again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.wages.wechat import protocol
from linggong.wages.wechat.models import OPEN, WechatMerchant, WechatTransfer
from linggong.wages.wechat.protocol import Keys

_OF = sa.select(WechatMerchant).from_statement(sa.text("SELECT * FROM wechat_merchant(:of)"))
_PATTERNS: Final = {
    "mchid": (r"\d{8,10}", "商户号是 8 到 10 位数字。"),
    "serial": (r"[0-9A-Fa-f]{16,64}", "证书序列号只有数字和 A 到 F，在商户平台“API安全”里看。"),
    "api_key": (r"[0-9A-Za-z]{32}", "APIv3 密钥是 32 位数字和字母。"),
    "public_id": (r"(PUB_KEY_ID_\d{10,40}|[0-9A-Fa-f]{16,64})", "微信支付公钥ID以 PUB_KEY_ID_ 开头。"),
}
Short = Annotated[str, msgspec.Meta(max_length=64)]
Pem = Annotated[str, msgspec.Meta(max_length=5000)]


class MerchantForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an employer copies from the merchant platform."""

    mchid: Short = ""
    serial: Short = ""
    secret_key: Pem = ""
    api_key: Short = ""
    public_id: Short = ""
    public_key: Pem = ""


class MerchantView(msgspec.Struct, frozen=True, kw_only=True):
    """A connected merchant account, masked."""

    mchid: str
    serial: str
    public_id: str
    connected_at: datetime


async def mine(uow: UnitOfWork) -> MerchantView | None:
    """Return the acting employer's account, masked; None without one."""
    if uow.actor.kind != "employer" or uow.actor.employer_id is None:
        return None
    row = await uow.session.get(WechatMerchant, uow.actor.employer_id, populate_existing=True)
    if row is None:
        return None
    return MerchantView(
        mchid=f"{row.mchid[:2]}****{row.mchid[-3:]}",
        serial=f"****{row.serial[-6:]}",
        public_id=f"****{row.public_id[-6:]}",
        connected_at=row.connected_at,
    )


async def mchid(uow: UnitOfWork) -> str:
    """Return the number of the acting employer's account. Raises Conflict without one."""
    found = await uow.session.scalar(
        sa.select(WechatMerchant.mchid).where(WechatMerchant.employer_id == uow.actor.employer_id)
    )
    if found is None:
        raise Conflict("先接上您自己的微信商户号。")
    return found


async def connect(uow: UnitOfWork, sealer: Sealer, form: MerchantForm) -> None:
    """Connect the acting employer's account, in place of the one before.

    Raises Invalid with every fault, Conflict while a transfer is under way, Forbidden for anybody else.
    """
    employer_id = _employer(uow)
    faults = [
        Fault(name, words, "format")
        for name, (pattern, words) in _PATTERNS.items()
        if not re.fullmatch(pattern, getattr(form, name).strip())
    ]
    faults += _key_fault(
        "secret_key",
        form.secret_key,
        protocol.private_key,
        "商户私钥不对。请把 apiclient_key.pem 里的内容全部粘贴进来。",
    )
    faults += _key_fault(
        "public_key", form.public_key, protocol.public_key, "微信支付公钥不对。请把 pub_key.pem 里的内容全部粘贴进来。"
    )
    if faults:
        raise Invalid(faults)
    await _nothing_moves(uow, employer_id)
    values = {
        "employer_id": employer_id,
        "mchid": form.mchid.strip(),
        "serial": form.serial.strip().upper(),
        "key_sealed": sealer.seal(form.secret_key.strip(), _place("key_sealed", employer_id)),
        "api_sealed": sealer.seal(form.api_key.strip(), _place("api_sealed", employer_id)),
        "public_id": form.public_id.strip(),
        "public_key": form.public_key.strip(),
        "connected_at": uow.now,
    }
    made = insert(WechatMerchant).values(values)
    await uow.execute(made.on_conflict_do_update(index_elements=["employer_id"], set_=values))
    await _told(uow, "wechat_merchant.connected", employer_id)


async def take_away(uow: UnitOfWork) -> None:
    """Forget the acting employer's account and its keys. Raises NotFound without one, Conflict while a transfer is under way."""
    employer_id = _employer(uow)
    await _nothing_moves(uow, employer_id)
    gone = await uow.execute(
        sa.delete(WechatMerchant).where(WechatMerchant.employer_id == employer_id).returning(WechatMerchant.employer_id)
    )
    if gone.first() is None:
        raise NotFound
    await _told(uow, "wechat_merchant.taken_away", employer_id)


async def account(uow: UnitOfWork, employer_id: UUID) -> WechatMerchant | None:
    """Return an employer's account for the line to WeChat Pay (system transaction), its keys sealed; None without one."""
    found: WechatMerchant | None = await uow.session.scalar(_OF, {"of": employer_id})
    return found


def api_key(row: WechatMerchant, sealer: Sealer) -> bytes:
    """Return the key with which notices to this account are opened."""
    return sealer.open(row.api_sealed, _place("api_sealed", row.employer_id)).encode()


async def keys_of(uow: UnitOfWork, sealer: Sealer, employer_id: UUID) -> Keys | None:
    """Return all that speaks for an employer's account (system transaction); None without one."""
    row = await account(uow, employer_id)
    if row is None:
        return None
    return Keys(
        mchid=row.mchid,
        serial=row.serial,
        private=protocol.private_key(sealer.open(row.key_sealed, _place("key_sealed", employer_id))),
        public_id=row.public_id,
        public=protocol.public_key(row.public_key),
    )


def _employer(uow: UnitOfWork) -> UUID:
    if uow.actor.kind != "employer" or uow.actor.employer_id is None:
        raise Forbidden("微信商户号只能由雇主自己接。")
    return uow.actor.employer_id


def _key_fault(field: str, pem: str, read: Callable[[str], object], words: str) -> list[Fault]:
    try:
        read(pem.strip())
    except ValueError:
        return [Fault(field, words, "format")]
    return []


async def _nothing_moves(uow: UnitOfWork, employer_id: UUID) -> None:
    """Keep the keys as long as a transfer made with them has no result: without them nobody could ask for it."""
    count = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(WechatTransfer)
        .where(WechatTransfer.employer_id == employer_id, WechatTransfer.state.in_(OPEN))
    )
    if count:
        raise Conflict(f"还有 {count} 笔微信转账没有结果，等有了结果再换。")


async def _told(uow: UnitOfWork, event: str, employer_id: UUID) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"employer:{employer_id}", subject_id=employer_id, tenant=None, employer_id=employer_id, body={}
        )
    )  # fmt: skip


def _place(column: str, employer_id: UUID) -> str:
    return f"wechat_merchants.{column}.{employer_id}"
