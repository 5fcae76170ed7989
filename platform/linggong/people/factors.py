"""The second factor of staff: who must have one, an authenticator's codes without replay, codes printed on a sheet."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pyotp
import segno
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import SealBroken, Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import limits, passwords
from linggong.people.door_models import PrintedCode, StaffCredential
from linggong.people.models import Staff
from linggong.people.text import typed_code
from rbac.models import RoleAssignment
from tenants.service import parameters

_ISSUER = "Linggong"
_OFFER_LIVES = timedelta(minutes=30)
_CODE_LENGTH = 8


class TotpOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor to bind: the secret to type, the QR to scan, and the sealed offer that comes back with a first code.

    Nothing is kept of it until then.
    """

    secret: str
    uri: str
    qr_svg: str
    offer: str


class PrintedSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh sheet of one-time codes; shown once, because only keyed hashes are kept."""

    staff_id: UUID
    name: str
    username: str
    made_at: datetime
    codes: list[str]


class FactorState(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff has and must have."""

    demanded: bool
    has_totp: bool
    printed_left: int
    printed_of: int
    may_print: bool
    has_pin: bool
    pin_void: bool
    """Too many wrong tries: a full sign-in opens it again."""

    @property
    def has_any(self) -> bool:
        """Tell whether a second factor is bound; a sheet that is used up still counts, else one could be dropped by using it."""
        return self.has_totp or self.printed_of > 0


class _Offer(msgspec.Struct, frozen=True):
    staff_id: UUID
    username: str
    secret: str
    until: float


async def state_of(uow: UnitOfWork, staff_id: UUID) -> FactorState:
    """Return a member's factors and what his posts demand. Needs a system transaction; raises NotFound."""
    credential = await uow.session.get(StaffCredential, staff_id)
    if credential is None:
        raise NotFound
    posts = (
        await uow.execute(
            sa.select(RoleAssignment.role, RoleAssignment.tenant).where(
                RoleAssignment.staff_id == staff_id,
                RoleAssignment.starts_at <= uow.now,
                sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
            )
        )
    ).all()
    demanded, printable = False, bool(posts)
    for role, path in posts:
        found = await parameters(uow, path, "staff.second_factor_roles", "staff.printed_code_roles")
        demanded = demanded or role in _words(found["staff.second_factor_roles"])
        printable = printable and role in _words(found["staff.printed_code_roles"])
    left, of = (
        await uow.execute(
            sa.select(sa.func.count().filter(PrintedCode.used_at.is_(None)), sa.func.count()).where(
                PrintedCode.staff_id == staff_id
            )
        )
    ).one()
    most = limits.whole((await limits.at_top(uow, "staff.pin_attempts"))["staff.pin_attempts"])
    return FactorState(
        demanded=demanded,
        has_totp=credential.totp_enrolled_at is not None,
        printed_left=left,
        printed_of=of,
        may_print=printable,
        has_pin=credential.pin_hash is not None,
        pin_void=credential.pin_failed >= most,
    )


def _words(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def make_offer(sealer: Sealer, staff_id: UUID, username: str) -> TotpOffer:
    """Make a new authenticator's secret; it counts once `bind_totp` has seen a code of it."""
    until = (clock.now() + _OFFER_LIVES).timestamp()
    made = _Offer(staff_id, username, pyotp.random_base32(), until)
    return _shown(made, sealer.seal(msgspec.json.encode(made).decode(), "proof.totp").hex())


def _shown(offer: _Offer, sealed: str) -> TotpOffer:
    uri = pyotp.TOTP(offer.secret).provisioning_uri(name=offer.username, issuer_name=_ISSUER)
    return TotpOffer(secret=offer.secret, uri=uri, qr_svg=segno.make(uri).svg_inline(scale=5), offer=sealed)


def read_offer(sealer: Sealer, offer: str, staff_id: UUID) -> TotpOffer:
    """Return an offer that was made to this member of staff; raises Invalid for a stale or foreign one."""
    try:
        opened = msgspec.json.decode(sealer.open(bytes.fromhex(offer), "proof.totp"), type=_Offer)
    except (ValueError, IndexError, SealBroken, msgspec.MsgspecError):
        opened = None
    if opened is None or opened.staff_id != staff_id or opened.until < clock.now().timestamp():
        raise Invalid([Fault("offer", "放得太久了，请重新扫一次。", "offer")])
    return _shown(opened, offer)


async def bind_totp(uow: UnitOfWork, sealer: Sealer, staff_id: UUID, secret: str, code: str) -> None:
    """Bind an authenticator with a first code, which is thereby used up. Raises Invalid for a wrong one, Conflict, NotFound."""
    credential = await uow.session.get(StaffCredential, staff_id, with_for_update=True)
    if credential is None:
        raise NotFound
    if credential.totp_enrolled_at is not None:
        raise Conflict("已经绑定过动态码。要换手机，请找管理员重置。")
    step = _step_of(secret, code, after=credential.totp_last_step, now=uow.now)
    if step is None:
        raise Invalid([Fault("code", "动态码不对，请核对手机时间后再输。", "code")])
    credential.totp_sealed = sealer.seal(secret, f"staff_credentials.totp_sealed.{staff_id}")
    credential.totp_enrolled_at, credential.totp_last_step = uow.now, step
    await uow.flush()
    await _tell(uow, staff_id, "staff.factor_bound", kind="totp")


def _step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """Return the half minute, this one or a neighbour, whose code this is, but none that was used before (replay)."""
    totp = pyotp.TOTP(secret)
    step_now = int(now.timestamp()) // totp.interval
    for step in (step_now - 1, step_now, step_now + 1):
        if step > after and pyotp.utils.strings_equal(typed_code(code), totp.generate_otp(step)):
            return step
    return None


async def accept(uow: UnitOfWork, sealer: Sealer, credential: StaffCredential, code: str) -> bool:
    """Use up a code of the authenticator or of the sheet; False for a wrong or used one. The credential must be locked."""
    staff_id = credential.staff_id
    if credential.totp_enrolled_at is not None and credential.totp_sealed is not None:
        secret = sealer.open(credential.totp_sealed, f"staff_credentials.totp_sealed.{staff_id}")
        step = _step_of(secret, code, after=credential.totp_last_step, now=uow.now)
        if step is not None:
            credential.totp_last_step = step
            return True
    typed = typed_code(code)
    if len(typed) != _CODE_LENGTH:
        return False
    used = await uow.execute(
        sa.update(PrintedCode)
        .where(
            PrintedCode.staff_id == staff_id,
            PrintedCode.code_hash == _hash(sealer, staff_id, typed),
            PrintedCode.used_at.is_(None),
        )
        .values(used_at=uow.now)
        .returning(PrintedCode.id)
    )
    return used.scalar_one_or_none() is not None


async def print_sheet(uow: UnitOfWork, sealer: Sealer, staff_id: UUID, *, by: UUID) -> PrintedSheet:
    """Make a new sheet of one-time codes; the old one is void. Raises Conflict for posts that must use an authenticator."""
    staff = await uow.session.get(Staff, staff_id)
    state = await state_of(uow, staff_id)
    if staff is None:
        raise NotFound
    if not state.may_print:
        raise Conflict("这个岗位不能用纸质一次性码，请用手机动态码。")
    at = await parameters(uow, staff.tenant, "staff.printed_codes")
    codes = [passwords.new_code(_CODE_LENGTH) for _ in range(limits.whole(at["staff.printed_codes"]))]
    await put_codes(uow, sealer, staff_id, codes, by=by)
    await _tell(uow, staff_id, "staff.codes_printed", codes=len(codes), voided=state.printed_left)
    shown = [passwords.in_fours(c) for c in codes]
    return PrintedSheet(staff_id=staff_id, name=staff.name, username=staff.username, made_at=uow.now, codes=shown)


async def put_codes(uow: UnitOfWork, sealer: Sealer, staff_id: UUID, codes: list[str], *, by: UUID) -> None:
    """Put these codes in the place of the sheet that somebody has."""
    await uow.execute(sa.delete(PrintedCode).where(PrintedCode.staff_id == staff_id))
    for n, code in enumerate(codes, 1):
        uow.session.add(
            PrintedCode(
                id=new_id(),
                staff_id=staff_id,
                n=n,
                code_hash=_hash(sealer, staff_id, code),
                made_at=uow.now,
                made_by=by,
            )
        )
    await uow.flush()


async def drop(uow: UnitOfWork, staff_id: UUID) -> None:
    """Take every second factor from a member of staff: he binds a new one at his next sign-in."""
    credential = await uow.session.get(StaffCredential, staff_id, with_for_update=True)
    if credential is None:
        raise NotFound
    credential.totp_sealed, credential.totp_enrolled_at, credential.totp_last_step = None, None, 0
    await uow.execute(sa.delete(PrintedCode).where(PrintedCode.staff_id == staff_id))


def _hash(sealer: Sealer, staff_id: UUID, code: str) -> bytes:
    return sealer.blind_index("printed_code", f"{staff_id}:{code}")


async def _tell(uow: UnitOfWork, staff_id: UUID, event: str, **body: object) -> None:
    tenant = await uow.session.scalar(sa.select(Staff.tenant).where(Staff.id == staff_id))
    await uow.emit(NewEvent(type=event, chain=f"staff:{staff_id}", subject_id=staff_id, tenant=tenant, body=dict(body)))
