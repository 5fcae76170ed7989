"""Where a gateway brings text messages and receipts, and an exchange brings keys: signed, each counted once."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.settings import Settings
from linggong.phones import inbox, keypad, line, protocol
from linggong.phones.protocol import Spoken
from rbac.decisions import Decisions
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class Heard(msgspec.Struct, frozen=True):
    """What became of a message that was brought: first, again, or heard."""

    heard: str


async def _body(request: AnyRequest) -> bytes:
    body = await request.body()
    if len(body) > protocol.MOST_BYTES:
        raise Invalid([Fault("", "内容太长。", "shape")])
    return body


class PhoneDoor(Controller):
    """Telephone and text messages."""

    tags = ("phones",)

    @post(protocol.INBOUND_PATH, opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def inbound(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets],
        decisions: NamedDependency[Decisions],
    ) -> Heard:
        """Take a signed text message; the same one again changes nothing."""
        key, body = line.key_of(settings, secrets), await _body(request)
        signature = request.headers.get(protocol.SIGNATURE, "")
        return Heard(await inbox.receive(database, secrets.sealer, decisions, key, signature, body))

    @post(protocol.RECEIPT_PATH, opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def receipts(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets],
    ) -> Heard:
        """Take a signed receipt of a message or a call of ours."""
        key, body = line.key_of(settings, secrets), await _body(request)
        return Heard(await line.receipt(database, key, request.headers.get(protocol.SIGNATURE, ""), body))

    @post(protocol.KEYPAD_PATH, opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def keypad(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets],
        decisions: NamedDependency[Decisions],
    ) -> Response[Spoken]:
        """Take a signed step of a call; the answer, what to read out and whether to wait for a key, is signed too."""
        key, body = line.key_of(settings, secrets), await _body(request)
        signature = request.headers.get(protocol.SIGNATURE, "")
        said = await keypad.press(database, secrets.sealer, decisions, key, signature, body)
        mac = protocol.sign(key, clock.now(), protocol.KEYPAD_PATH, msgspec.json.encode(said))
        return Response(said, headers={protocol.SIGNATURE: mac})


CONTROLLERS: list[Any] = [PhoneDoor]
