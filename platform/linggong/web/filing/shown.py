"""What all pages of a place's file have in common: the place, its parts, what is missing in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.measures.sites import Thresholds, thresholds
from linggong.sites import checks, files
from linggong.sites.api import seen as seen
from linggong.sites.files import Gap, Known
from linggong.web import menus
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import NodeKind
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
PARTS = (
    ("plan", "要素和方案", ""),
    ("site", "场地和设备", "/site"),
    ("people", "人员", "/people"),
    ("wall", "上墙和定位", "/wall"),
    ("hours", "开放和服务范围", "/open"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A place's file as its pages show it."""

    node: Node
    known: Known
    limits: Thresholds
    gaps: list[Gap]

    @property
    def path(self) -> str:
        """The place."""
        return self.node.path


async def load(uow: UnitOfWork, node_id: UUID) -> Shown:
    """Return the file of a place of the scope as it stands today. Raises NotFound."""
    path, today = await seen(uow, node_id), clock.business_date(uow.now)
    known = (await files.read(uow, [path], today)).get(path)
    if known is None:
        raise NotFound
    limits = await thresholds(uow, *checks.FAMILIES)
    return Shown(known.node, known, limits, files.gaps_of(known, limits, today))


def render(
    request: AnyRequest, principal: Principal, uow: UnitOfWork, template: str, shown: Shown, part: str, **context: Any
) -> Response[bytes]:
    """Return a page of the file."""
    base = f"/places/{shown.node.id}"
    return menus.render(
        request, principal, template,
        name=shown.node.name, kind=NodeKind(shown.node.kind).label, base=base, part=part, today=clock.business_date(uow.now),
        parts=[
            {"key": key, "label": label, "href": base + end, "gaps": sum(gap.part == key for gap in shown.gaps)}
            for key, label, end in PARTS
        ],
        lacks=[gap.words for gap in shown.gaps if gap.part == part],
        may_write=menus.may(request, principal, Permission.FILE_WRITE),
        **context,
    )  # fmt: skip
