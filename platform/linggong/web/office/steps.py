"""What every change has in common on the pages: its form, the preview of what it gives and takes, then the confirmation.

One template shows all three; a preview carries the typed values on, so that it works without scripts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.paths import Scope
from linggong.offices.operator_queries import ContractView
from linggong.offices.previews import Preview
from linggong.offices.queries import PostView
from linggong.web import menus, pages
from linggong.web.office import words
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import HELD_AT, ROLE_LABELS, Role
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
Values = dict[str, Any]
Field = dict[str, Any]
_MOST_PLACES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change: how its page is headed, where it is posted, what is asked."""

    title: str
    action: str
    back: str
    fields: list[Field]
    confirm: str
    tone: str = ""
    lead: str = ""
    tab: str = "staff"


def decisions_of(request: AnyRequest) -> Decisions:
    """Return the decisions in force."""
    found: Decisions = request.app.state.decisions.current
    return found


def may(request: AnyRequest, principal: Principal, permission: Permission) -> bool:
    """Tell whether a button is shown; the operation behind it decides for itself."""
    return decisions_of(request).anywhere(principal, permission)


def show(
    request: AnyRequest,
    principal: Principal,
    step: Step,
    values: Values,
    error: Invalid | Conflict | Forbidden | None = None,
    preview: Preview | None = None,
) -> Response[bytes]:
    """Return the page of a step: its form with faults, or the preview with the button that confirms."""
    invalid = error if isinstance(error, Invalid) else None
    names = {field["name"] for field in step.fields}
    stray = [f.message for f in invalid.faults if f.field not in names] if invalid else []
    said = {field["name"]: _said(field, values) for field in step.fields}
    return menus.render(
        request,
        principal,
        "office/step.html",
        status=200 if error is None else error.status,
        step=step,
        form=pages.form_state(values, invalid),
        labels={field["name"]: field["label"] for field in step.fields},
        refusals=[error.detail] if error is not None and invalid is None else stray,
        preview=None if preview is None else words.preview(preview),
        summary=[{"label": f["label"], "value": said[f["name"]]} for f in step.fields if said[f["name"]]],
        kept={k: v for k, v in values.items() if isinstance(v, str) and k in names},
    )


def _said(field: Field, values: Mapping[str, Any]) -> str:
    raw = str(values.get(field["name"], ""))
    options: list[dict[str, str]] = field.get("options", []) if field["kind"] == "select" else []
    return next((o["label"] for o in options if o["value"] == raw), raw)


async def run(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    step: Step,
    values: Values,
    look: Callable[[], Awaitable[Preview]],
    act: Callable[[], Awaitable[Response[bytes]]],
) -> Response[bytes]:
    """Go one step on: back to the form, to the preview, or, once confirmed, through with it."""
    if values.get("back"):
        return show(request, principal, step, values)
    try:
        if values.get("confirmed"):
            return await act()
        found = await look()
    except (Invalid, Conflict, Forbidden) as error:
        await uow.rollback()
        return show(request, principal, step, values, error)
    await uow.rollback()
    return show(request, principal, step, values, preview=found)


# --- fields -----------------------------------------------------------------------------------------------------------


def text(name: str, label: str, *, hint: str = "", required: bool = True, most: int = 60) -> Field:
    """Return a line of text."""
    return {"kind": "text", "name": name, "label": label, "hint": hint, "required": required, "most": most}


def date(name: str, label: str, *, hint: str = "", required: bool = True) -> Field:
    """Return a day."""
    return {"kind": "date", "name": name, "label": label, "hint": hint, "required": required}


def select(name: str, label: str, options: Iterable[tuple[str, str]], *, blank: str = "", hint: str = "") -> Field:
    """Return a choice."""
    listed = [{"value": value, "label": said} for value, said in options]
    return {
        "kind": "select", "name": name, "label": label, "options": listed, "blank": blank, "hint": hint,
        "required": not blank,
    }  # fmt: skip


def reason(example: str) -> Field:
    """Return the field in which somebody says why."""
    return text("reason", "原因", hint=f"例如：{example}", most=200)


async def place(uow: UnitOfWork, scope: Scope, roles: Iterable[str], name: str = "path", label: str = "地方") -> Field:
    """Return a place to type or choose: those of the scope at which one of the roles may be held."""
    kinds = sorted({kind for role in roles for kind in HELD_AT[Role(role)]})
    return {
        "kind": "place",
        "name": name,
        "label": label,
        "options": await places(uow, scope, kinds),
        "hint": "输入名称里的字，从单子里选",
        "required": True,
    }


async def places(uow: UnitOfWork, scope: Scope, kinds: Iterable[str]) -> list[str]:
    """Return open places of the scope as they are typed: name and path. The highest ones when there are too many."""
    statement = (
        sa.select(Node.name, Node.path)
        .where(scope.clause(Node.path), Node.kind.in_(list(kinds)), Node.status != BuildStatus.CLOSED.value)
        .order_by(sa.func.length(Node.path), Node.path)
        .limit(_MOST_PLACES)
    )
    rows = sorted((await uow.execute(statement)).all(), key=lambda r: r.path)
    return [f"{r.name} {r.path}" for r in rows]


async def typed_place(uow: UnitOfWork, raw: str, field: str = "path") -> str:
    """Return the path that was typed or chosen; raises Invalid when it names no place, or several."""
    at = raw.find("/")
    if at >= 0:
        return raw[at:].strip()
    name = raw.strip()
    statement = sa.select(Node.path).where(
        uow.scope.clause(Node.path), sa.or_(Node.short_name == name, Node.name == name)
    )
    found = list((await uow.execute(statement.limit(3))).scalars()) if name else []
    if len(found) == 1:
        return str(found[0])
    words_ = "有好几个同名的地方，请从单子里选。" if found else "没有找到这个地方，请从单子里选。"
    raise Invalid([Fault(field, words_ if name else "请选地方。", "place")])


def roles(granted: Iterable[str]) -> list[tuple[str, str]]:
    """Return roles with their names, in the order of the offices."""
    known = set(granted)
    return [(role.value, ROLE_LABELS[role]) for role in Role if role.value in known]


def contracts(found: Iterable[ContractView]) -> list[tuple[str, str]]:
    """Return contracts that run or will."""
    return [
        (str(c.id), f"{c.number} {c.operator}（到 {c.ends_on}）") for c in found if c.state in ("running", "coming")
    ]


def given(values: Values, *names: str) -> Values:
    """Return what was typed into these fields, without the empty ones."""
    return {name: str(values[name]) for name in names if str(values.get(name) or "").strip()}


def whose(post: PostView, name: str) -> str:
    """Return a post with its holder, as a lead says it."""
    return f"{name} · {post.role_label} · {post.place}（{words.period(post)}）"


def kind_label(kind: str) -> str:
    """Return what a kind of place is called."""
    return NodeKind(kind).label


def not_found_as_fault(error: NotFound, field: str) -> Invalid:
    """Return a missing or foreign place as the fault of its field."""
    return Invalid([Fault(field, "没有找到这个地方，或者它不归您管，请从单子里选。", "place")], error.detail)
