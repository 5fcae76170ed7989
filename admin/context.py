"""Who is at the console now: the principal, his decisions, and his one transaction. Without one, nothing is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import Scope
from linggong.kernel.settings import Settings
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal


@dataclass(slots=True)
class Visit:
    """One request to the console."""

    principal: Principal
    decisions: Decisions
    database: Database
    secrets: Secrets
    settings: Settings
    request_id: str
    csrf: str = field(default="", repr=False)
    uow: UnitOfWork | None = None
    after: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What waits for the commit: files that nobody needs any more."""
    _scopes: dict[Permission, Scope] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """What the transaction is opened with."""
        return self.principal.actor(channel="console", request_id=self.request_id)

    def scope(self, permission: Permission) -> Scope:
        """Return where the principal may do this (wall 2); asked once a request."""
        if permission not in self._scopes:
            self._scopes[permission] = self.decisions.scope(self.principal, permission)
        return self._scopes[permission]

    def may(self, permission: Permission | None) -> bool:
        """Tell whether he may do this anywhere; what needs no permission at all is for nobody."""
        return permission is not None and not self.scope(permission).is_empty

    def opened(self) -> UnitOfWork:
        """Return the request's transaction; raises RuntimeError outside of one."""
        if self.uow is None:
            raise RuntimeError("a console query outside its transaction")
        return self.uow

    def acting_on(self, permission: Permission) -> UnitOfWork:
        """Return the transaction with the scope of this permission, as services take it."""
        uow = self.opened()
        uow.scope = self.scope(permission)
        return uow


_visit: ContextVar[Visit] = ContextVar("console_visit")


def visit() -> Visit:
    """Return the present request; raises RuntimeError when there is none, so that nothing runs unscoped."""
    try:
        return _visit.get()
    except LookupError:
        raise RuntimeError("a console query outside a request") from None


@contextmanager
def visiting(present: Visit) -> Iterator[Visit]:
    """Make this the present request."""
    token = _visit.set(present)
    try:
        yield present
    finally:
        _visit.reset(token)
