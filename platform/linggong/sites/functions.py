"""Whether the functions of a market are used (R018, R032): counted by month from what happened there, zero is flagged.

The three basic functions are named by the tenant's parameter; what counts one is bound to its name, here or by a higher floor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from linggong.cases.models import Case
from linggong.insight import behind
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.measures.sites import thresholds
from linggong.people.models import ServiceLink, Worker
from linggong.stations.models import Ticket
from linggong.work.models import Assignment
from tenants.kinds import MARKET_KINDS
from tenants.models import Node

Counter = Callable[[UnitOfWork, TenantPath, datetime, datetime], Awaitable[Mapping[str, int]]]
"""What happened from one moment to another at and below a place, by the path of the place where it happened."""
BASIC: Final = "core_functions"


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """How often a function was used in a month; null where nothing in the system shows it."""

    name: str
    n: int | None

    @property
    def unused(self) -> bool:
        """Tell whether it is flagged."""
        return self.n == 0


class SiteFunctions(msgspec.Struct, frozen=True, kw_only=True):
    """A market's functions in a month."""

    path: str
    name: str
    kind: str
    month: date
    functions: list[Used]


async def _hired(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    at = sa.func.coalesce(Assignment.via, Assignment.tenant)
    return await _by_place(
        uow,
        sa.select(at, sa.func.count()).where(
            in_subtree(at, top), uow.scope.clause(at), Assignment.state.in_(behind.ARRIVED),
            Assignment.starts_at >= begin, Assignment.starts_at < end,
        ).group_by(at),
    )  # fmt: skip


async def _wishes(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    """Count who came in that time and said what he wants to learn."""
    who = sa.func.count(ServiceLink.subject_id.distinct())
    return await _by_place(
        uow,
        sa.select(ServiceLink.tenant, who)
        .join(Worker, Worker.person_id == ServiceLink.subject_id)
        .where(*_came(uow, top, begin, end), Worker.training_wish != "")
        .group_by(ServiceLink.tenant),
    )


async def _cases(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    return await _rows(uow, Case.tenant, Case.created_at, top, begin, end)


async def _posts(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    return await _rows(uow, Order.tenant, Order.created_at, top, begin, end)


async def _tickets(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    return await _rows(uow, Ticket.tenant, Ticket.came_at, top, begin, end)


async def _people(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    return await _by_place(
        uow,
        sa.select(ServiceLink.tenant, sa.func.count(ServiceLink.subject_id.distinct()))
        .where(*_came(uow, top, begin, end))
        .group_by(ServiceLink.tenant),
    )


_counters: dict[str, dict[str, Counter]] = {
    "即时快招": {"hired": _hired},
    "技能提升": {"wishes": _wishes},
    "劳动维权": {"cases": _cases},
    "求职登记": {"people": _people},
    "接待服务": {"people": _people, "tickets": _tickets},
    "签到等活": {"tickets": _tickets},
    "候工休息": {"tickets": _tickets},
    "岗位推荐": {"hired": _hired},
    "对接洽谈": {"hired": _hired},
    "代发用工": {"posts": _posts},
    "用工信息发布": {"posts": _posts},
    "纠纷受理": {"cases": _cases},
}


def count_by(function: str, key: str, counter: Counter) -> None:
    """Let a higher floor count what it knows of a function, beside what is counted already; by key, once."""
    _counters.setdefault(function, {})[key] = counter


def is_seen(function: str) -> bool:
    """Tell whether anything counts the use of a function: then nobody has to note that it is there."""
    return bool(_counters.get(function))


def forget(function: str, key: str) -> None:
    """Take a counter away again."""
    _counters.get(function, {}).pop(key, None)


async def used(uow: UnitOfWork, top: TenantPath, month: date, *, parameter: str = BASIC) -> list[SiteFunctions]:
    """Return how often each function of the markets at and below a place was used in a month, as far as the scope reaches."""
    first = month.replace(day=1)
    begin = clock.day_bounds(first)[0]
    end = clock.day_bounds((first + timedelta(days=32)).replace(day=1))[0]
    nodes = list(
        await uow.execute(
            sa.select(Node.path, Node.name, Node.kind)
            .where(
                in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.status == "open",
                Node.kind.in_([kind.value for kind in MARKET_KINDS]),
            )
            .order_by(Node.path)
        )
    )  # fmt: skip
    limits = await thresholds(uow, parameter)
    wanted = {node.path: limits.at(node.path, parameter) for node in nodes}
    names = sorted({name for value in wanted.values() if isinstance(value, tuple) for name in value})
    counted: dict[str, dict[str, int] | None] = {}
    for name in names:
        parts = [await counter(uow, top, begin, end) for counter in _counters.get(name, {}).values()]
        counted[name] = {path: sum(p.get(path, 0) for p in parts) for part in parts for path in part} if parts else None
    found = []
    for node in nodes:
        value = wanted[node.path]
        functions = [
            Used(name=name, n=None if (by := counted[name]) is None else by.get(node.path, 0))
            for name in (value if isinstance(value, tuple) else ())
        ]
        found.append(SiteFunctions(path=node.path, name=node.name, kind=node.kind, month=first, functions=functions))
    return found


def _came(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        in_subtree(ServiceLink.tenant, top), uow.scope.clause(ServiceLink.tenant),
        ServiceLink.kind.in_(("registered", "signed_in", "showed_code")), ServiceLink.started_at >= begin,
        ServiceLink.started_at < end,
    ]  # fmt: skip


async def _rows(
    uow: UnitOfWork, tenant: InstrumentedAttribute[str], moment: InstrumentedAttribute[datetime],
    top: TenantPath, begin: datetime, end: datetime,
) -> Mapping[str, int]:  # fmt: skip
    return await _by_place(
        uow,
        sa.select(tenant, sa.func.count())
        .where(in_subtree(tenant, top), uow.scope.clause(tenant), moment >= begin, moment < end)
        .group_by(tenant),
    )


async def _by_place(uow: UnitOfWork, statement: sa.Select[str, int]) -> Mapping[str, int]:
    return {row[0]: row[1] for row in await uow.execute(statement)}
