"""What stands before every door at which a secret is tried: the count of tries from one address."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from linggong.kernel.addresses import client_address, networks
from linggong.kernel.settings import Settings
from linggong.people.limits import AddressLimiter

AnyConnection = ASGIConnection[Any, Any, Any, Any]


def address_of(connection: AnyConnection) -> str:
    """Return the address that a request counts for."""
    settings: Settings = connection.app.state.settings
    peer = connection.client.host if connection.client else ""
    return client_address(peer, connection.headers.get("x-forwarded-for", ""), networks(settings.forwarded_from))


async def not_too_often(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Guard of an operation that tries a secret; raises TooMany before anything costly is done."""
    state = connection.app.state
    limiter: AddressLimiter = state.limiter
    await limiter.check(state.database, state.secrets, address_of(connection))
