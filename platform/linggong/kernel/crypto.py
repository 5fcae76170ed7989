"""Field encryption with key ids, and a keyed blind index for equality look-ups.

A sealed value is ``kid (1 byte length + ascii) | nonce (12) | ciphertext+tag``; the additional data is
``table.column.row``, so a value copied to another row does not open. AES-256-GCM is the default; SM4-GCM can be chosen
per key id for deployments under 密评 (GB/T 39786).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM


class SealBroken(Exception):
    """A sealed value does not open: wrong row, wrong key or altered bytes."""


@dataclass(frozen=True, slots=True)
class FieldKey:
    """One encryption key; `algorithm` is 'aes-256-gcm' (32 bytes) or 'sm4-gcm' (16 bytes)."""

    algorithm: str
    secret: bytes = field(repr=False)


class Sealer:
    """Seals and opens personal fields; builds blind indexes."""

    def __init__(self, keys: Mapping[str, FieldKey], active: str, index_key: bytes) -> None:
        if active not in keys:
            raise ValueError(f"active key {active!r} is not among the keys")
        self._keys, self._active, self._index_key = dict(keys), active, index_key

    def seal(self, text: str, aad: str) -> bytes:
        """Encrypt `text` for the place `aad` ('table.column.row')."""
        kid = self._active.encode()
        nonce = os.urandom(12)
        return (
            bytes([len(kid)])
            + kid
            + nonce
            + self._encrypt(self._keys[self._active], nonce, text.encode(), aad.encode())
        )

    def open(self, sealed: bytes, aad: str) -> str:
        """Decrypt; raises SealBroken when the place, the key or the bytes do not fit."""
        length = sealed[0]
        kid, nonce, body = (
            sealed[1 : 1 + length].decode(),
            sealed[1 + length : 13 + length],
            sealed[13 + length :],
        )
        key = self._keys.get(kid)
        if key is None:
            raise SealBroken(f"no key {kid!r}")
        try:
            return self._decrypt(key, nonce, body, aad.encode()).decode()
        except InvalidTag:
            raise SealBroken("the sealed value does not fit its place") from None

    def blind_index(self, kind: str, value: str) -> bytes:
        """Return the keyed hash under which an exact value is found again; `kind` separates domains."""
        return hmac.new(self._index_key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()

    @staticmethod
    def _encrypt(key: FieldKey, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        if key.algorithm == "aes-256-gcm":
            return AESGCM(key.secret).encrypt(nonce, data, aad)
        enc = Cipher(SM4(key.secret), GCM(nonce)).encryptor()
        enc.authenticate_additional_data(aad)
        return enc.update(data) + enc.finalize() + enc.tag

    @staticmethod
    def _decrypt(key: FieldKey, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        if key.algorithm == "aes-256-gcm":
            return AESGCM(key.secret).decrypt(nonce, data, aad)
        dec = Cipher(SM4(key.secret), GCM(nonce, data[-16:])).decryptor()
        dec.authenticate_additional_data(aad)
        return dec.update(data[:-16]) + dec.finalize()


@dataclass(frozen=True, slots=True)
class Secrets:
    """The deployment's own secrets: the sealer and the key that signs CSRF tokens and one-time codes."""

    sealer: Sealer
    token_key: bytes = field(repr=False)

    @staticmethod
    def load(data_dir: Path) -> Secrets:
        """Read `secrets.json` (mode 0600) in the data directory, made at the first start."""
        path = data_dir / "secrets.json"
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            fresh = {
                "active": "k1",
                "keys": {"k1": {"algorithm": "aes-256-gcm", "secret": _b64(secrets.token_bytes(32))}},
                "index_key": _b64(secrets.token_bytes(32)),
                "token_key": _b64(secrets.token_bytes(32)),
            }
            write_once(path, json.dumps(fresh, indent=1))
        raw: dict[str, Any] = json.loads(path.read_text())
        keys = {k: FieldKey(v["algorithm"], base64.b64decode(v["secret"])) for k, v in raw["keys"].items()}
        return Secrets(
            Sealer(keys, raw["active"], base64.b64decode(raw["index_key"])),
            base64.b64decode(raw["token_key"]),
        )

    def sign(self, purpose: str, text: str) -> str:
        """Return a hex MAC of `text` for one purpose."""
        return hmac.new(self.token_key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def write_once(path: Path, text: str) -> None:
    """Create the file with its full content in one step: two processes starting at once agree on one set of keys."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
