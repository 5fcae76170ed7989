"""What an office must look at first: trouble and overdue limits, each counted and listed from one definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.cases import common as cases
from linggong.cases import queries as case_queries
from linggong.cases.injury_models import Injury
from linggong.cases.machines import OPEN_DISPUTE
from linggong.cases.models import Case, CaseReferral
from linggong.insight import behind
from linggong.insight.behind import FIGURES, Figure, Window
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import Scope, TenantPath, in_subtree
from linggong.kernel.timers import Timer
from linggong.market import happenings
from linggong.market.models import Order, Suspension
from linggong.measures import sites
from linggong.wages.models import LATE_STATES, Bill
from rbac.permissions import Permission
from tenants.models import Node


def _late_review(window: Window) -> Any:
    late = sa.exists().where(
        Timer.subject_id == Order.id, Timer.key == happenings.REVIEW, Timer.state == "live", Timer.due_at < window.now
    )
    return sa.and_(Order.state == "O_REVIEW", late)


def _late_notice(window: Window) -> Any:
    told = sa.and_(Injury.insurer_told_at.is_(None), Injury.policy_no != "", Injury.insurer_due_at < window.now)
    return sa.and_(Injury.state != "I_CLOSED", told)


def _late_body(window: Window) -> Any:
    return sa.and_(CaseReferral.answered_at.is_(None), CaseReferral.decide_due_at < window.now)


MATTERS: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "arrears": Figure(
            "欠薪",
            Bill,
            lambda w: sa.and_(Bill.wage_state.in_(LATE_STATES), Bill.state.in_(("OPEN", "CLAIMED"))),
            read=Permission.BILL_READ,
            since=Bill.due_at,
        ),
        "injuries": Figure(
            "没结案的受伤报案",
            Injury,
            lambda w: Injury.state != "I_CLOSED",
            read=Permission.INJURY_READ,
            since=Injury.reported_at,
        ),
        "holds": Figure(
            "冻结核查的岗位", Suspension, lambda w: Suspension.outcome.is_(None), since=Suspension.suspended_at
        ),
        "false_posts": Figure(
            "30 天内下架的虚假违规岗位",
            Suspension,
            lambda w: sa.and_(Suspension.outcome == "taken_down", Suspension.decided_at > w.now - sites.SILENT_AFTER),
            since=Suspension.decided_at,
        ),
        "silent": Figure(
            "30 天没有动静的站点",
            Node,
            lambda w: sa.and_(behind.open_sites(w), ~sites.alive(w.now)),
            read=Permission.NODE_READ,
        ),
        "late_cases": Figure(
            "超时的投诉纠纷", Case, lambda w: case_queries.late(w.now), read=Permission.CASE_READ, since=Case.created_at
        ),
        "late_holds": Figure(
            "超时的冻结核查",
            Suspension,
            lambda w: sa.and_(Suspension.outcome.is_(None), Suspension.decide_due_at < w.now),
            since=Suspension.decide_due_at,
        ),
        "late_reviews": Figure("超时的岗位审核", Order, _late_review, since=Order.submitted_at),
        "late_notices": Figure(
            "超时没通知保险", Injury, _late_notice, read=Permission.INJURY_READ, since=Injury.insurer_due_at
        ),
        "late_bodies": Figure(
            "部门超期没答复", CaseReferral, _late_body, read=Permission.CASE_READ, since=CaseReferral.decide_due_at
        ),
    }
)
"""In the order in which an office looks: money, bodies, lies, silence, then what is late."""
OTHERS: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "cases": Figure(
            "在办的投诉纠纷",
            Case,
            lambda w: Case.state.in_(OPEN_DISPUTE),
            read=Permission.CASE_READ,
            since=Case.created_at,
        ),
        "stations": Figure("已开的站点", Node, behind.open_sites, read=Permission.NODE_READ),
    }
)
COUNTED: Final[Mapping[str, Figure]] = MappingProxyType({**FIGURES, **MATTERS, **OTHERS})
"""Every figure that leads to its records."""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a figure there are, since when the oldest waits, and how much money it is about."""

    key: str
    label: str
    count: int
    oldest: datetime | None
    fen: int | None


def narrowed(
    uow: UnitOfWork, figure: Figure, top: TenantPath, window: Window, *seen: Scope
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the tests of a figure's records below `top`, within the scope; an operator's people never see cases of their own.

    `seen` narrows them to where their reader may see such records.
    """
    places = [scope.clause(figure.place) for scope in (uow.scope, *seen)]
    within = sa.and_(in_subtree(figure.place, top), *places)
    own: tuple[sa.ColumnElement[bool], ...] = (cases.not_own(uow),) if figure.model is Case else ()
    if figure.model is CaseReferral:
        own = (sa.exists().where(Case.id == CaseReferral.case_id, cases.not_own(uow)),)
    return (behind.linked_below(figure.model.id, within) if figure.linked else within, figure.counts(window), *own)


async def matter(uow: UnitOfWork, top: TenantPath, key: str, window: Window) -> Matter:
    """Count a figure's records below `top`."""
    figure = COUNTED[key]
    what: list[Any] = [sa.func.count()]
    what.append(sa.func.min(figure.since) if figure.since is not None else sa.null())
    what.append(sa.func.sum(Bill.total_fen - Bill.paid_fen) if figure.model is Bill else sa.null())
    row = (
        await uow.execute(sa.select(*what).select_from(figure.model).where(*narrowed(uow, figure, top, window)))
    ).one()
    fen = None if row[2] is None else int(row[2])
    return Matter(key=key, label=figure.label, count=row[0], oldest=row[1], fen=fen)


async def matters(uow: UnitOfWork, top: TenantPath, window: Window, keys: Iterable[str] = MATTERS) -> list[Matter]:
    """Return what there is of each, in the order asked for; one query each, on indexes."""
    return [await matter(uow, top, key, window) for key in keys]
