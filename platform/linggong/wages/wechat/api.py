"""Where WeChat Pay brings how a transfer ended."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.signed import MOST_BYTES
from linggong.wages.wechat import line, protocol
from rbac.permissions import Permission


class Heard(msgspec.Struct, frozen=True):
    """What WeChat Pay wants to hear: anything else, and it brings the same again later."""

    code: Literal["SUCCESS"] = "SUCCESS"


class WechatDoor(Controller):
    """The address that each transfer names."""

    path = protocol.NOTIFY
    tags = ("wages",)

    @post("/{employer_id:uuid}", opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def notified(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        employer_id: FromPath[UUID],
    ) -> Heard:
        """Take a signed and sealed result of a transfer of this employer; the same one again changes nothing."""
        body = await request.body()
        if len(body) > MOST_BYTES:
            raise Invalid([Fault("", "内容太长。", "reply")])
        headers = {name.lower(): value for name, value in request.headers.items()}
        await line.notified(database, secrets.sealer, employer_id, headers, body)
        return Heard()


CONTROLLERS: list[Any] = [WechatDoor]
