"""What a person comes to the console to do, one form each; the services do it, with their own rules and records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from admin.context import Visit
from linggong.kernel.errors import NotFound
from linggong.people import resending, security
from linggong.people.security import Administrator
from rbac.permissions import Permission as P
from tenants import parameters as registry
from tenants.models import Node
from tenants.service import close_node, set_parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRule:
    """One form: `alone` when its service opens a transaction of its own, in the name of who asks.

    `on` is the table from whose rows one comes here, `field` the field that such a row fills in.
    """

    slug: str
    name: str
    words: str
    group: str
    permission: P
    model: type[BaseModel]
    run: Callable[[Visit, Any], Awaitable[str]]
    alone: bool = False
    on: str = ""
    field: str = ""


def _row_of(table: str) -> dict[str, Any]:
    return {"extra": {"foreign_key": {"to": table, "target_column": "id"}, "nullable": False}}


def _listed(options: dict[str, str]) -> dict[str, Any]:
    return {"extra": {"choices": {k: {"value": k, "display_name": v} for k, v in options.items()}}}


class OfStaff(BaseModel):
    """A member of staff."""

    staff_id: UUID = Field(title="工作人员", json_schema_extra=_row_of("staff"))


class OfNode(BaseModel):
    """A place, and why it closes."""

    node_id: UUID = Field(title="站点", json_schema_extra=_row_of("nodes"))
    reason: str = Field(title="为什么关停", min_length=2, max_length=200)


class OfParameter(BaseModel):
    """A parameter's new value at a place."""

    node_id: UUID = Field(title="在哪里生效（含下级）", json_schema_extra=_row_of("nodes"))
    key: str = Field(title="参数", json_schema_extra=_listed({k: d.title for k, d in registry.definitions().items()}))
    value: str = Field(title="新的值，例如 20.6元、2h、30%", max_length=400)
    source: str = Field(title="依据（文件名和文号）", min_length=2, max_length=200)


class OfMessage(BaseModel):
    """The number that got no message."""

    phone: str = Field(title="没收到短信的手机号", max_length=20)


async def _end_sessions(visit: Visit, given: OfStaff) -> str:
    ended = await security.end_sessions(visit.database, _by(visit), given.staff_id)
    return f"已结束 {ended} 处登录，对方要重新登录。" if ended else "这个人现在没有登录，不用再做什么。"


async def _reset_factor(visit: Visit, given: OfStaff) -> str:
    await security.reset_factor(visit.database, _by(visit), given.staff_id)
    return "动态码已重置，登录也已结束。下次登录时会请对方重新绑定。"


async def _close(visit: Visit, given: OfNode) -> str:
    node = await close_node(visit.acting_on(P.NODE_MANAGE), given.node_id, given.reason)
    return f"“{node.name}”已关停，资料都还在。"


async def _set_parameter(visit: Visit, given: OfParameter) -> str:
    uow = visit.acting_on(P.PARAMETER_SET)
    place = sa.select(Node.path, Node.name).where(Node.id == given.node_id, uow.scope.clause(Node.path))
    row = (await uow.execute(place)).one_or_none()
    if row is None:
        raise NotFound
    await set_parameter(uow, row.path, given.key, given.value, given.source)
    return f"已设好：从“{row.name}”往下都按新的值。"


async def _resend(visit: Visit, given: OfMessage) -> str:
    scope = visit.scope(P.MESSAGE_RESEND)
    await resending.resend(visit.database, visit.secrets.sealer, visit.actor, scope, given.phone)
    return "已重新发送，一两分钟内应当收到。"


def _by(visit: Visit) -> Administrator:
    return Administrator(visit.actor, visit.scope(P.STAFF_SECURE))


ACCOUNTS, PLACES = "账号安全", "站点和参数"
FORMS: Final = {
    rule.slug: rule
    for rule in (
        FormRule(
            slug="end-sessions", name="结束登录", group=ACCOUNTS, permission=P.STAFF_SECURE, model=OfStaff, alone=True,
            words="让这个人在所有电脑和手机上退出，例如离开了没退出、怀疑账号被别人用。", run=_end_sessions,
            on="staff", field="staff_id",
        ),
        FormRule(
            slug="reset-factor", name="重置动态码", group=ACCOUNTS, permission=P.STAFF_SECURE, model=OfStaff, alone=True,
            words="手机丢了、换了，登录不了时用。请先当面或打电话确认是本人。", run=_reset_factor,
            on="staff", field="staff_id",
        ),
        FormRule(
            slug="resend-message", name="重发短信", group=ACCOUNTS, permission=P.MESSAGE_RESEND, model=OfMessage,
            alone=True, words="把最近一条短信再发一次到同一个号码。", run=_resend,
        ),
        FormRule(
            slug="set-parameter", name="设定参数", group=PLACES, permission=P.PARAMETER_SET, model=OfParameter,
            words="改一个数，从选的地方往下都生效，直到下级另设。", run=_set_parameter, on="nodes", field="node_id",
        ),
        FormRule(
            slug="close-node", name="关停站点", group=PLACES, permission=P.NODE_MANAGE, model=OfNode,
            words="停用一个站点；还有在办的活、下面还有没关停的地方时不能关。", run=_close, on="nodes", field="node_id",
        ),
    )
}  # fmt: skip
