"""A stand-in for WeChat Pay: keeps merchants' balances, pays from them, and misbehaves when told to.

It verifies what it is asked and signs what it says, as WeChat Pay does, over real HTTP on the loopback (`serve`) or without a
socket (`InProcess`). A small page shows what it transferred, with a button by which a payee takes his money.
"""

from __future__ import annotations

import html
import json
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from linggong.kernel import clock
from linggong.kernel.crypto import write_once
from linggong.kernel.money import format_yuan
from linggong.wages.wechat import protocol
from linggong.wages.wechat.merchants import MerchantForm
from linggong.wages.wechat.protocol import Create, Created, Notice, Refusal, Told

Mode = Literal[
    "good", "confirm", "not_enough", "wrong_name", "slow", "fail", "lost", "twice", "early", "lie", "forged", "garbage", "silent",
]  # fmt: skip
FILE: Final = "wechat-stand-in.json"
PUBLIC_ID: Final = "PUB_KEY_ID_0000000000000000000000000000"
MCHID: Final = "1900000109"
SERIAL: Final = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
FILLED: Final = 10_000_000_00
_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Books:
    """The keys of the stand-in and of the one merchant account that it has given out."""

    own: RSAPrivateKey = field(repr=False)
    merchant: RSAPrivateKey = field(repr=False)
    api: str = field(repr=False)

    @staticmethod
    def fresh() -> Books:
        """Make new keys."""
        return Books(_made(), _made(), secrets.token_hex(16))

    @staticmethod
    def load(data_dir: Path) -> Books:
        """Read the keys in the data directory, made at the first use: a merchant account connected once stays connected."""
        path = data_dir / FILE
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            new = Books.fresh()
            write_once(path, json.dumps({"own": _pem(new.own), "merchant": _pem(new.merchant), "api": new.api}))
        raw = json.loads(path.read_text())
        return Books(protocol.private_key(raw["own"]), protocol.private_key(raw["merchant"]), raw["api"])

    def form(self) -> MerchantForm:
        """Return what an employer would copy from the merchant platform."""
        public = self.own.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return MerchantForm(
            mchid=MCHID, serial=SERIAL, secret_key=_pem(self.merchant), api_key=self.api, public_id=PUBLIC_ID,
            public_key=public.decode(),
        )  # fmt: skip


@dataclass(slots=True)
class Said:
    """One HTTP answer, and the notices that go out with it."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    later: list[Bringing] = field(default_factory=list)
    early: bool = False
    """The notices go out before the answer."""


@dataclass(frozen=True, slots=True)
class Bringing:
    """A notice on its way to the platform."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class _Kept:
    """One transfer."""

    asked: Create
    name: str
    number: str
    state: str
    reason: str = ""


class StandIn:
    """The memory of a WeChat Pay, and how it behaves the next times."""

    def __init__(self, books: Books, *, balance: int = FILLED, delay: float = 30.0) -> None:
        self._books, self._lock = books, threading.RLock()
        self.balance, self.delay = balance, delay
        self.mode: Mode = "good"
        self.times = -1
        """How many more new transfers follow the mode; -1 for ever."""
        self.kept: dict[str, _Kept] = {}
        self.paid: list[tuple[str, int]] = []
        """Each movement of money: number and fen."""
        self.requests = 0

    def behave(self, mode: Mode, times: int = -1) -> None:
        """Behave like this for the next transfers, then well again."""
        self.mode, self.times = mode, times

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        """Answer one request; who does not sign it as the merchant is refused."""
        with self._lock:
            self.requests += 1
            if not self._is_signed(method, path, headers, body):
                return self._say(401, Refusal("SIGN_ERROR", "签名错误"))
            if method == "GET" and path.startswith(protocol.QUERY):
                return self._asked(path.removeprefix(protocol.QUERY))
            if method == "POST" and path == protocol.CREATE:
                try:
                    return self._ordered(msgspec.json.decode(body, type=Create))
                except (msgspec.MsgspecError, ValueError):
                    return self._say(400, Refusal("PARAM_ERROR", "参数错误"))
            return self._say(404, Refusal("NOT_FOUND"))

    def confirm(self, number: str) -> list[Bringing]:
        """Let the payee take his money; returns the notice that follows."""
        with self._lock:
            kept = self.kept.get(number)
            if kept is None or kept.state != "WAIT_USER_CONFIRM":
                return []
            self._pay(kept)
            return [self.notice(number)]

    def notice(self, number: str, **changed: Any) -> Bringing:
        """Return the notice of how a transfer ended, signed and sealed; `changed` replaces fields, to lie."""
        kept = self.kept[number]
        told = msgspec.structs.replace(self._told(kept), **changed)
        resource = protocol.seal(self._books.api.encode(), msgspec.json.encode(told), nonce=secrets.token_hex(6))
        body = msgspec.json.encode(Notice(id=secrets.token_hex(16), event_type=protocol.FINISHED, resource=resource))
        return Bringing(urlsplit(kept.asked.notify_url).path, body, self._headers(body))

    def page(self) -> bytes:
        """Return the page that shows what was transferred: numbers and amounts, no names."""
        with self._lock:
            rows = "".join(
                f"<tr><td>{html.escape(n)}</td><td>****{html.escape(k.asked.openid[-4:])}</td>"
                f"<td>{format_yuan(k.asked.transfer_amount)}</td><td>{html.escape(k.state)} {html.escape(k.reason)}</td><td>"
                + (
                    f"<form method=post action=/take/{n}><button>确认收款</button></form>"
                    if k.state == "WAIT_USER_CONFIRM"
                    else ""
                )
                + "</td></tr>"
                for n, k in reversed(self.kept.items())
            )
            balance = format_yuan(self.balance)
        return (
            "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>微信支付替身</title>"
            "<style>body{font:18px sans-serif;margin:24px}td,th{padding:8px;border:1px solid #999}button{font-size:18px;padding:12px}</style>"
            f"<h1>微信支付替身</h1><p>这里没有真的钱。商户号 {MCHID} 余额 {balance} 元。</p>"
            f"<table><tr><th>商户单号<th>收款人<th>元<th>状态<th></tr>{rows}</table></html>"
        ).encode()

    def _ordered(self, asked: Create) -> Said:
        known = self.kept.get(asked.out_bill_no)
        name = protocol.decrypt_name(self._books.own, asked.user_name)
        if known is not None:
            same = msgspec.structs.replace(asked, user_name=known.asked.user_name)
            if (same, name) != (known.asked, known.name):
                return self._say(400, Refusal("INVALID_REQUEST", "商户单号重复，内容不同"))
            return self._created(known)
        mode = self._next_mode()
        if mode == "fail":
            return Said(500, b"down")
        if mode == "garbage":
            body = b"<html>under repair</html>"
            return Said(200, body, self._headers(body))
        if asked.transfer_amount <= 0:
            return self._say(400, Refusal("PARAM_ERROR", "金额不对"))
        if mode == "not_enough" or asked.transfer_amount > self.balance:
            return self._say(403, Refusal("NOT_ENOUGH", "资金不足"))
        kept = _Kept(asked, name, f"13300{secrets.randbelow(10**22):022d}", "WAIT_USER_CONFIRM")
        self.kept[asked.out_bill_no] = kept
        if mode == "wrong_name":
            kept.state, kept.reason = "FAIL", "NAME_NOT_CORRECT"
        elif mode != "confirm":
            self._pay(kept)
        said = self._created(kept)
        if mode == "confirm" or mode == "silent":
            return said
        number = asked.out_bill_no
        lie = {"transfer_amount": asked.transfer_amount + 100} if mode == "lie" else {}
        said.later = [self.notice(number, **lie)] * (2 if mode == "twice" else 1)
        if mode == "lie":
            kept.asked = msgspec.structs.replace(asked, transfer_amount=asked.transfer_amount + 100)
        elif mode == "lost":
            said = Said(502, b"", later=[])
        elif mode == "slow":
            said.delay, said.later = self.delay, []
        elif mode == "forged":
            said.headers["Wechatpay-Signature"] = self._headers(b"something else")["Wechatpay-Signature"]
            said.later = []
        said.early = mode == "early"
        return said

    def _asked(self, number: str) -> Said:
        kept = self.kept.get(number)
        return self._say(404, Refusal("NOT_FOUND", "记录不存在")) if kept is None else self._say(200, self._told(kept))

    def _created(self, kept: _Kept) -> Said:
        """Say that it was taken. As WeChat Pay does, the result is not told here."""
        state = kept.state if kept.state == "WAIT_USER_CONFIRM" else "PROCESSING"
        return self._say(
            200, Created(out_bill_no=kept.asked.out_bill_no, transfer_bill_no=kept.number, state=state, package_info="stand-in")
        )  # fmt: skip

    def _told(self, kept: _Kept) -> Told:
        return Told(
            mch_id=MCHID, out_bill_no=kept.asked.out_bill_no, transfer_bill_no=kept.number, state=kept.state,
            transfer_amount=kept.asked.transfer_amount, openid=kept.asked.openid, fail_reason=kept.reason,
        )  # fmt: skip

    def _pay(self, kept: _Kept) -> None:
        kept.state = "SUCCESS"
        self.balance -= kept.asked.transfer_amount
        self.paid.append((kept.asked.out_bill_no, kept.asked.transfer_amount))

    def _next_mode(self) -> Mode:
        mode = self.mode
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.mode, self.times = "good", -1
        return mode

    def _is_signed(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bool:
        fields = protocol.read_authorization(headers.get("authorization", ""))
        stamp = fields.get("timestamp", "")
        return (
            fields.get("mchid") == MCHID
            and fields.get("serial_no") == SERIAL
            and stamp.isdecimal()
            and abs(int(stamp) - clock.now().timestamp()) < 300
            and protocol.holds(
                self._books.merchant.public_key(), fields.get("signature", ""), method, path, stamp,
                fields.get("nonce_str", ""), body.decode(errors="replace"),
            )
        )  # fmt: skip

    def _say(self, status: int, said: msgspec.Struct) -> Said:
        body = msgspec.json.encode(said)
        return Said(status, body, self._headers(body))

    def _headers(self, body: bytes) -> dict[str, str]:
        signed = protocol.said_headers(
            self._books.own, PUBLIC_ID, body.decode(), at=clock.now(), nonce=secrets.token_hex(16)
        )
        return _JSON | signed


def _made() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
