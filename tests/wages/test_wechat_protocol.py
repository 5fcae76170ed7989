"""WeChat Pay's protocol, held against computations of our own: whole numbers and hashes, not the library that signs."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from linggong.wages.wechat import protocol, reasons
from linggong.wages.wechat.merchants import MerchantForm
from linggong.wages.wechat.protocol import Keys
from linggong.wages.wechat.standin import Books

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""How PKCS #1 (RFC 8017) names the hash inside a signature."""


@pytest.fixture(scope="module")
def books() -> Books:
    return Books.fresh()


def keys(books: Books) -> Keys:
    form: MerchantForm = books.form()
    return Keys(
        mchid=form.mchid, serial=form.serial, private=protocol.private_key(form.secret_key),
        public_id=form.public_id, public=protocol.public_key(form.public_key),
    )  # fmt: skip


def signed_text(signature: str, text: str, public: Any) -> bool:
    """RSASSA-PKCS1-v1_5 by hand: the signature raised to e is the padded hash of the text."""
    numbers = public.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    found = pow(int.from_bytes(base64.b64decode(signature), "big"), numbers.e, numbers.n).to_bytes(size, "big")
    tail = _SHA256 + hashlib.sha256(text.encode()).digest()
    return found == b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail


def mask(seed: bytes, length: int) -> bytes:
    return b"".join(hashlib.sha1(seed + bytes([0, 0, 0, i])).digest() for i in range(length // 20 + 1))[:length]


def opened_name(sealed: str, private: Any) -> str:
    """RSAES-OAEP by hand."""
    numbers = private.private_numbers()
    n = numbers.public_numbers.n
    size = (n.bit_length() + 7) // 8
    raw = pow(int.from_bytes(base64.b64decode(sealed), "big"), numbers.d, n).to_bytes(size, "big")
    covered, block = raw[1:21], raw[21:]
    seed = bytes(a ^ b for a, b in zip(covered, mask(block, 20), strict=True))
    plain = bytes(a ^ b for a, b in zip(block, mask(seed, len(block)), strict=True))
    assert raw[0] == 0
    assert plain[:20] == hashlib.sha1(b"").digest()
    return plain[20:].lstrip(b"\x00")[1:].decode()


def gcm(key: bytes, nonce: bytes, text: bytes, about: bytes) -> bytes:
    """AES-GCM by hand (NIST SP 800-38D), the block cipher alone taken from the library."""
    block = Cipher(AES(key), ECB()).encryptor()

    def times(a: int, b: int) -> int:
        product = 0
        for i in range(127, -1, -1):
            product ^= a if b >> i & 1 else 0
            a = a >> 1 ^ (0xE1 << 120 if a & 1 else 0)
        return product

    start = nonce + b"\x00\x00\x00\x01"
    count = int.from_bytes(start, "big")
    stream = b"".join(block.update((count + 1 + i).to_bytes(16, "big")) for i in range(len(text) // 16 + 1))
    sealed = bytes(a ^ b for a, b in zip(text, stream, strict=False))
    hashed, h = 0, int.from_bytes(block.update(bytes(16)), "big")
    lengths = (len(about) * 8).to_bytes(8, "big") + (len(text) * 8).to_bytes(8, "big")
    whole = b"".join(part + bytes(-len(part) % 16) for part in (about, sealed)) + lengths
    for i in range(0, len(whole), 16):
        hashed = times(hashed ^ int.from_bytes(whole[i : i + 16], "big"), h)
    tag = hashed ^ int.from_bytes(block.update(start), "big")
    return sealed + tag.to_bytes(16, "big")


def test_a_request_is_signed_over_its_five_parts(books: Books) -> None:
    header = protocol.authorization(
        keys(books), "POST", protocol.CREATE, '{"a":1}', at=AT, nonce="593BEC0C930BF1AFEB40B4A08C8FB242"
    )
    assert header.startswith("WECHATPAY2-SHA256-RSA2048 ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', header))
    assert list(fields) == ["mchid", "nonce_str", "signature", "timestamp", "serial_no"]
    text = f'POST\n/v3/fund-app/mch-transfer/transfer-bills\n{int(AT.timestamp())}\n593BEC0C930BF1AFEB40B4A08C8FB242\n{{"a":1}}\n'
    assert signed_text(fields["signature"], text, books.merchant.public_key())
    assert not signed_text(fields["signature"], text + " ", books.merchant.public_key())


def test_what_is_said_counts_only_signed_fresh_and_by_the_known_key(books: Books) -> None:
    body = '{"state":"SUCCESS"}'
    said = protocol.said_headers(books.own, "PUB_KEY_ID_1", body, at=AT, nonce="n1")
    stamp = said["Wechatpay-Timestamp"]
    assert signed_text(said["Wechatpay-Signature"], f"{stamp}\nn1\n{body}\n", books.own.public_key())
    headers = {name.lower(): value for name, value in said.items()}
    public = books.own.public_key()

    def holds(at: datetime = AT, text: str = body, public_id: str = "PUB_KEY_ID_1", **changed: str) -> bool:
        return protocol.said_by_wechat(public_id, public, headers | changed, text.encode(), at)

    assert holds()
    assert not holds(text=body + " ")
    assert not holds(at=AT + timedelta(minutes=6))
    assert not holds(public_id="PUB_KEY_ID_2")
    assert not protocol.said_by_wechat("PUB_KEY_ID_1", books.merchant.public_key(), headers, body.encode(), AT)
    for bad in ("", "not base64 !", "QUJD"):
        assert not holds(**{"wechatpay-signature": bad})
    for bad in ("", "soon", "9" * 5000):
        assert not holds(**{"wechatpay-timestamp": bad})


def test_a_name_is_encrypted_for_wechat_alone(books: Books) -> None:
    sealed = protocol.encrypt_name(books.own.public_key(), "欧阳小明")
    assert opened_name(sealed, books.own) == "欧阳小明"
    assert protocol.decrypt_name(books.own, sealed) == "欧阳小明"
    assert sealed != protocol.encrypt_name(books.own.public_key(), "欧阳小明")
    with pytest.raises(ValueError, match="failed"):
        protocol.decrypt_name(books.merchant, sealed)


def test_a_notice_is_sealed_with_the_merchants_key(books: Books) -> None:
    api, text = books.api.encode(), b'{"out_bill_no":"1","state":"SUCCESS"}'
    resource = protocol.seal(api, text, nonce="fdasflkja484")
    assert base64.b64decode(resource.ciphertext) == gcm(api, b"fdasflkja484", text, b"mch_payment")
    assert protocol.unseal(api, resource) == text
    for other, changed in ((b"x" * 32, {}), (api, {"associated_data": "other"}), (api, {"algorithm": "NONE"})):
        with pytest.raises(ValueError, match=r"not sealed|another algorithm"):
            protocol.unseal(
                other, type(resource)(**{"ciphertext": resource.ciphertext, "nonce": resource.nonce, **changed})
            )


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_what_is_no_key_is_said_to_be_none(pem: str) -> None:
    for read in (protocol.private_key, protocol.public_key):
        with pytest.raises(ValueError, match=r"key|PEM"):
            read(pem)


def test_a_failure_says_in_chinese_what_to_do() -> None:
    assert reasons.failed("FAIL", "NAME_NOT_CORRECT") == "他登记的姓名和微信实名不一样"
    assert reasons.failed("FAIL", "SOMETHING_NEW") == "微信没有付成（SOMETHING_NEW）"
    assert reasons.failed("CANCELLED", "") == reasons.CANCELLED
