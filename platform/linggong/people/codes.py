"""One-time codes by SMS: six digits; life, tries and rations are parameters (otp.*); only a keyed hash is kept.

The functions take the database, not a unit of work: a wrong try must be counted although the answer is an error.
"""

from __future__ import annotations

import secrets as random
from datetime import timedelta
from hmac import compare_digest

from linggong.kernel import reading
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid, SignInFailed, TooMany
from linggong.kernel.ids import new_id
from linggong.people import limits, messages
from linggong.people.identity_numbers import BadNumber, PhoneKind, normalise_phone
from linggong.people.models import OneTimeCode
from linggong.people.text import typed_code

_HOUR = timedelta(hours=1)
_PER_HOUR = 5
"""How many codes one number gets in an hour, whatever its day's ration is."""
_KEYS = ("otp.ttl", "otp.resend_after", "otp.per_phone_day", "otp.per_address_hour")
_SENT = "SELECT created_at, used_at FROM one_time_codes WHERE number_index = $1 AND created_at > $2 ORDER BY created_at"
_NEWEST = """
SELECT id, code_hash, tries FROM one_time_codes
WHERE number_index = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
ORDER BY created_at DESC LIMIT 1 FOR UPDATE
"""
_TRIED = "UPDATE one_time_codes SET tries = tries + 1, used_at = $2 WHERE id = $1"
_WORDS = {"sign_in": "登录", "register": "登记", "change_phone": "换号", "contract": "签约"}


def mobile(raw: str, field: str = "phone") -> str:
    """Return a mobile number in its one form; raises Invalid for anything that gets no SMS."""
    try:
        phone = normalise_phone(raw)
    except BadNumber as error:
        raise Invalid([Fault(field, str(error), error.code)]) from None
    if phone.kind is not PhoneKind.MOBILE:
        raise Invalid([Fault(field, "请填 11 位手机号，座机收不到验证码。", "phone")])
    return phone.number


async def send_code(database: Database, secrets: Secrets, raw_phone: str, purpose: str, *, address: str = "") -> None:
    """Send a code to a mobile number; the answer is the same whether anybody is known under it.

    `address` is where the wish comes from: one address gets so many an hour, to however many numbers. Raises Invalid for a
    number that gets no SMS, TooMany with `retry_after` seconds.
    """
    number = mobile(raw_phone)
    index = secrets.sealer.blind_index("phone", number)
    async with database.system() as uow:
        found = await limits.at_top(uow, *_KEYS)
        lives = limits.span(found["otp.ttl"])
        if address:
            say = "这个网络要的验证码太多，请过一会儿再试。"
            most = limits.whole(found["otp.per_address_hour"])
            await limits.take(uow, secrets, "code", address, most=most, window=_HOUR, say=say)
        # One queue per number, so that two requests at once do not both pass the limit.
        await uow.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", index.hex())
        day = timedelta(days=1)
        sent = await uow.fetch(_SENT, index, uow.now - day)
        again, per_day = limits.span(found["otp.resend_after"]), limits.whole(found["otp.per_phone_day"])
        for window, most in ((again, 1), (_HOUR, _PER_HOUR), (day, per_day)):
            # A code that was used has arrived: who signs right after signing in does not ask for the same one again.
            within = [at for at, used in sent if at > uow.now - window and (used is None or window is not again)]
            if len(within) >= most:
                wait = int((within[-most] + window - uow.now).total_seconds()) + 1
                raise TooMany(f"验证码发得太勤了，请 {_span(wait)}后再试。", retry_after=wait)
        code = f"{random.randbelow(1_000_000):06d}"
        row_id = new_id()
        await reading.added(
            uow,
            OneTimeCode,
            id=row_id,
            number_index=index,
            purpose=purpose,
            code_hash=secrets.sign("code", f"{row_id}:{code}"),
            created_at=uow.now,
            expires_at=uow.now + lives,
        )
        text = f"【零工市场】{_WORDS[purpose]}验证码 {code}，{_span(int(lives.total_seconds()))}内有效。不要告诉别人。"
        await messages.queue(uow, secrets.sealer, number, messages.CODE, text)


def _span(seconds: int) -> str:
    return (
        f"{seconds} 秒"
        if seconds < 120
        else f"{-(-seconds // 60)} 分钟"
        if seconds < 7200
        else f"{-(-seconds // 3600)} 小时"
    )


async def check_code(database: Database, secrets: Secrets, raw_phone: str, purpose: str, code: str) -> bytes:
    """Check and use up a code; returns the number's blind index. Raises SignInFailed, TooMany after too many wrong tries."""
    number = mobile(raw_phone)
    index = secrets.sealer.blind_index("phone", number)
    async with database.system() as uow:
        most = limits.whole((await limits.at_top(uow, "otp.max_attempts"))["otp.max_attempts"])
        row = next(iter(await uow.fetch(_NEWEST, index, purpose, uow.now)), None)
        spent = row is not None and row["tries"] >= most
        right = False
        if row is not None and not spent:
            right = compare_digest(secrets.sign("code", f"{row['id']}:{typed_code(code)}"), row["code_hash"])
            await uow.fetch(_TRIED, row["id"], uow.now if right else None)
    if spent:
        raise TooMany("验证码输错太多次，请重新获取。", retry_after=60)
    if not right:
        raise SignInFailed("验证码不对或已过期，请核对短信，或重新获取。")
    return index
