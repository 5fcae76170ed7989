"""What we and WeChat Pay say to each other about a transfer (商家转账, APIv3): messages, signatures, sealed fields.

A request is signed with the merchant's key over method, path, time, nonce and body; what comes back and what is brought is
signed with WeChat Pay's key over time, nonce and body. The payee's name is encrypted for WeChat Pay (RSA-OAEP), the body of a
notification with the merchant's APIv3 key (AES-256-GCM).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linggong.kernel.signed import FRESH

SCHEMA: Final = "WECHATPAY2-SHA256-RSA2048"
CREATE: Final = "/v3/fund-app/mch-transfer/transfer-bills"
QUERY: Final = CREATE + "/out-bill-no/"
NOTIFY: Final = "/api/v1/wechat/notify"
FINISHED: Final = "MCHTRANSFER.BILL.FINISHED"
FINAL: Final = frozenset({"SUCCESS", "FAIL", "CANCELLED"})
UNDECIDED: Final = frozenset({"ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "TRANSFERING", "CANCELING"})
_FIELD: Final = re.compile(r'(\w+)="([^"]*)"')
_OAEP: Final = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - as WeChat Pay wants it; OAEP does not lean on collisions


@dataclass(frozen=True, slots=True)
class Keys:
    """All that is needed to speak for one merchant and to know WeChat Pay's answers; in memory only."""

    mchid: str
    serial: str
    private: RSAPrivateKey = field(repr=False)
    public_id: str
    public: RSAPublicKey = field(repr=False)


class Report(msgspec.Struct, frozen=True):
    """What WeChat Pay wants to be told of the reason of a transfer."""

    info_type: str
    info_content: str


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """Pay this person. Personal data: built when it is sent, never stored."""

    appid: str
    out_bill_no: str
    transfer_scene_id: str
    openid: str
    user_name: str
    """Encrypted."""
    transfer_amount: int
    transfer_remark: str
    notify_url: str
    transfer_scene_report_infos: list[Report]


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """It was taken. What it came to is asked for: this answer does not name the amount."""

    out_bill_no: str
    transfer_bill_no: str
    state: str
    create_time: str = ""
    package_info: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How a transfer stands: what is answered when asked, and what a notification says."""

    mch_id: str
    out_bill_no: str
    transfer_bill_no: str
    state: str
    transfer_amount: int
    openid: str = ""
    fail_reason: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """Why a request was not done."""

    code: str
    message: str = ""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """The encrypted part of a notification."""

    ciphertext: str
    nonce: str
    associated_data: str = ""
    algorithm: str = "AEAD_AES_256_GCM"
    original_type: str = "mch_payment"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notification."""

    id: str
    event_type: str
    resource: Resource
    create_time: str = ""
    resource_type: str = "encrypt-resource"
    summary: str = ""


# --- keys -------------------------------------------------------------------------------------------------------------


def private_key(pem: str) -> RSAPrivateKey:
    """Read a merchant's private key (apiclient_key.pem). Raises ValueError for anything but an RSA key of 2048 bits or more."""
    try:
        found = serialization.load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError) as error:
        raise ValueError("no private key") from error
    if not isinstance(found, RSAPrivateKey) or found.key_size < 2048:
        raise ValueError("no RSA key of 2048 bits")
    return found


def public_key(pem: str) -> RSAPublicKey:
    """Read WeChat Pay's public key (pub_key.pem). Raises ValueError for anything but an RSA key of 2048 bits or more."""
    found = serialization.load_pem_public_key(pem.encode())
    if not isinstance(found, RSAPublicKey) or found.key_size < 2048:
        raise ValueError("no RSA key of 2048 bits")
    return found


# --- signatures -------------------------------------------------------------------------------------------------------


def _text(*parts: str) -> bytes:
    return "".join(f"{part}\n" for part in parts).encode()


def sign(key: RSAPrivateKey, *parts: str) -> str:
    """Return the signature of these parts, each ended by a line feed."""
    return base64.b64encode(key.sign(_text(*parts), padding.PKCS1v15(), hashes.SHA256())).decode()


def holds(key: RSAPublicKey, signature: str, *parts: str) -> bool:
    """Tell whether a signature of these parts was made with the key's other half."""
    try:
        key.verify(base64.b64decode(signature, validate=True), _text(*parts), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def authorization(keys: Keys, method: str, path: str, body: str, *, at: datetime, nonce: str) -> str:
    """Return the header that signs a request."""
    stamp = str(int(at.timestamp()))
    fields = {
        "mchid": keys.mchid,
        "nonce_str": nonce,
        "signature": sign(keys.private, method, path, stamp, nonce, body),
        "timestamp": stamp,
        "serial_no": keys.serial,
    }
    return SCHEMA + " " + ",".join(f'{name}="{value}"' for name, value in fields.items())


def read_authorization(header: str) -> dict[str, str]:
    """Return the fields of a request's signature; {} for another schema."""
    schema, _, rest = header.partition(" ")
    return dict(_FIELD.findall(rest)) if schema == SCHEMA else {}


def said_headers(key: RSAPrivateKey, public_id: str, body: str, *, at: datetime, nonce: str) -> dict[str, str]:
    """Return the headers that sign what WeChat Pay says."""
    stamp = str(int(at.timestamp()))
    return {
        "Wechatpay-Serial": public_id,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": sign(key, stamp, nonce, body),
    }


def said_by_wechat(public_id: str, key: RSAPublicKey, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Tell whether WeChat Pay said this within five minutes of now, signed with the key that the merchant knows."""
    stamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    if not stamp.isdecimal() or len(stamp) > 12 or abs(int(stamp) - now.timestamp()) > FRESH.total_seconds():
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return headers.get("wechatpay-serial", "") == public_id and holds(
        key, headers.get("wechatpay-signature", ""), stamp, nonce, text
    )


# --- sealed fields ----------------------------------------------------------------------------------------------------


def encrypt_name(key: RSAPublicKey, name: str) -> str:
    """Encrypt a payee's name for WeChat Pay."""
    return base64.b64encode(key.encrypt(name.encode(), _OAEP)).decode()


def decrypt_name(key: RSAPrivateKey, sealed: str) -> str:
    """Read a payee's name as WeChat Pay does. Raises ValueError."""
    return key.decrypt(base64.b64decode(sealed), _OAEP).decode()


def seal(api: bytes, text: bytes, *, nonce: str, about: str = "mch_payment") -> Resource:
    """Encrypt the body of a notification."""
    sealed = AESGCM(api).encrypt(nonce.encode(), text, about.encode())
    return Resource(ciphertext=base64.b64encode(sealed).decode(), nonce=nonce, associated_data=about)


def unseal(api: bytes, resource: Resource) -> bytes:
    """Decrypt the body of a notification. Raises ValueError for another key or altered bytes."""
    if resource.algorithm != "AEAD_AES_256_GCM":
        raise ValueError("another algorithm")
    try:
        sealed = base64.b64decode(resource.ciphertext, validate=True)
        return AESGCM(api).decrypt(resource.nonce.encode(), sealed, resource.associated_data.encode())
    except (InvalidTag, binascii.Error) as error:
        raise ValueError("not sealed with this key") from error
