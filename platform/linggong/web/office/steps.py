"""What every change has in common on the pages: its form, the preview of what it gives and takes, then the confirmation.

One address and one template serve all three; a preview carries the typed values on, so that it works without scripts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from litestar import Request, Response, route

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.offices.operator_queries import ContractView
from linggong.offices.previews import PostChange, Preview
from linggong.offices.queries import PostView
from linggong.web import menus, pages
from linggong.web.office import words
from linggong.web.places import typed_place, unknown
from linggong.web.refused import shown
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import HELD_AT, ROLE_LABELS, Role
from tenants.kinds import BuildStatus
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
Values = dict[str, Any]
Field = dict[str, Any]
F = TypeVar("F")
Previewed = Preview | list[PostChange]
_MOST_PLACES = 400
_SPARE_LINES = 4
"""Empty lines below the places that are typed already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[F]):
    """One change: how its page is headed, what is asked, what follows from what was typed."""

    title: str
    back: str
    fields: list[Field]
    read: Callable[[Values], Awaitable[F]]
    """Return what was typed as the form of the service; raises Invalid."""
    act: Callable[[F], Awaitable[Response[bytes]]]
    look: Callable[[F], Awaitable[Previewed]] | None = None
    """Return what the change gives and takes; None for a change that concerns nobody yet: it is made at once."""
    confirm: str
    tone: str = ""
    lead: str = ""
    tab: str = "staff"
    filled: Values = field(default_factory=dict)
    """What stands in the fields at first."""


def page(path: str, permission: Permission) -> Callable[[Any], Any]:
    """Return the decorator of a step's handler: GET asks, POST previews and, once confirmed, goes through with it."""
    return route(path, http_method=["GET", "POST"], status_code=200, opt={"permission": permission})


async def run(request: AnyRequest, uow: UnitOfWork, principal: Principal, step: Step[F]) -> Response[bytes]:
    """Go one step on: the form, the preview, or, once confirmed, through with it."""
    if request.method == "GET":
        return _show(request, principal, step, step.filled)
    values = await pages.form_values(request)
    if values.get("back"):
        return _show(request, principal, step, values)

    async def show(_: UnitOfWork, error: Invalid | Conflict | Forbidden) -> Response[bytes]:
        return _show(request, principal, step, values, error)

    async with shown(request, uow, show, Invalid, Conflict, Forbidden):
        try:
            form = await _read(step, values)
            if step.look is None or values.get("confirmed"):
                return await step.act(form)
            found = await step.look(form)
        except NotFound as error:
            # The step itself was found, so it is the place that is missing or foreign: told at its field.
            placed = next((f["name"] for f in step.fields if f["kind"] in ("place", "places")), None)
            if placed is None:
                raise
            raise Invalid([unknown(placed)], error.detail) from None
    await uow.rollback()
    return _show(request, principal, step, values, preview=found)


async def _read(step: Step[F], values: Values) -> F:
    """Return what was typed; where it cannot be read, whatever else was left empty is named beside it, at once."""
    try:
        return await step.read(values)
    except Invalid as error:
        named = {fault.field for fault in error.faults}
        raise Invalid([*error.faults, *(f for f in _empty(step, values) if f.field not in named)]) from None


def _empty(step: Step[F], values: Values) -> list[Fault]:
    return [
        Fault(one["name"], f"请{'填' if one['kind'] in ('text', 'date') else '选'}{one['label']}。", "required")
        for one in step.fields
        if one["required"] and not any(line.strip() for line in _lines(values, one["name"]))
    ]


def _show(
    request: AnyRequest,
    principal: Principal,
    step: Step[F],
    values: Values,
    error: Invalid | Conflict | Forbidden | None = None,
    preview: Previewed | None = None,
) -> Response[bytes]:
    """Return the page of a step: its form with faults, or the preview with the button that confirms."""
    invalid = error if isinstance(error, Invalid) else None
    names = {f["name"] for f in step.fields}
    stray = [f.message for f in invalid.faults if f.field not in names] if invalid else []
    said = {f["name"]: _said(f, values) for f in step.fields}
    return menus.render(
        request,
        principal,
        "office/step.html",
        status=200 if error is None else error.status,
        step=step,
        action=request.url.path,
        form=pages.form_state(values, invalid),
        labels={f["name"]: f["label"] for f in step.fields},
        lines={f["name"]: [*_lines(values, f["name"]), *[""] * _SPARE_LINES] for f in step.fields},
        refusals=[error.detail] if error is not None and invalid is None else stray,
        preview=words.preview(preview) if isinstance(preview, Preview) else None,
        posts=None if preview is None or isinstance(preview, Preview) else [words.post_change(c) for c in preview],
        summary=[{"label": f["label"], "value": said[f["name"]]} for f in step.fields if said[f["name"]]],
        kept=[(name, line) for name in values if name in names for line in _lines(values, name)],
    )


def _lines(values: Mapping[str, Any], name: str) -> list[str]:
    """Return what was typed into a field, or into the several lines of one, without the empty ones."""
    raw = values.get(name, "")
    return [str(line) for line in (raw if isinstance(raw, list) else [raw]) if str(line)]


def _said(field: Field, values: Mapping[str, Any]) -> str:
    raw = "、".join(_lines(values, field["name"]))
    options: list[dict[str, str]] = field.get("options", []) if field["kind"] == "select" else []
    return next((o["label"] for o in options if o["value"] == raw), raw)


# --- fields -----------------------------------------------------------------------------------------------------------


def text(name: str, label: str, *, hint: str = "", required: bool = True, most: int = 60) -> Field:
    """Return a line of text."""
    return {"kind": "text", "name": name, "label": label, "hint": hint, "required": required, "most": most}


def date(name: str, label: str, *, hint: str = "", required: bool = True) -> Field:
    """Return a day."""
    return {"kind": "date", "name": name, "label": label, "hint": hint, "required": required}


def select(
    name: str, label: str, options: Iterable[tuple[str, str]], *, blank: str, hint: str = "", required: bool = True
) -> Field:
    """Return a choice."""
    listed = [{"value": value, "label": said} for value, said in options]
    return {
        "kind": "select", "name": name, "label": label, "options": listed, "blank": blank, "hint": hint,
        "required": required,
    }  # fmt: skip


def reason(example: str) -> Field:
    """Return the field in which somebody says why."""
    return text("reason", "原因", hint=f"例如：{example}", most=200)


def because(values: Values) -> Values:
    """Return the reason that was typed; a space for none, so that the service says what to write there."""
    return {"reason": str(values.get("reason") or " ")}


async def place(uow: UnitOfWork, roles: Iterable[str], label: str = "地方") -> Field:
    """Return a place to type or choose: those of the scope at which one of the roles may be held."""
    kinds = sorted({kind for role in roles for kind in HELD_AT[Role(role)]})
    return {
        "kind": "place",
        "name": "path",
        "label": label,
        "options": await places(uow, kinds),
        "hint": "输入名称里的字，从单子里选",
        "required": True,
    }


async def sites(uow: UnitOfWork) -> Field:
    """Return the places of a contract, a line for each: those of the scope that an operator may run."""
    return {
        "kind": "places",
        "name": "places",
        "label": "服务站点",
        "options": await places(uow, HELD_AT[Role.COUNTY_OPERATOR]),
        "hint": "县（区）、街道或站点，连下面的地方一起；一格一个，空着的不算",
        "required": True,
    }


async def typed_sites(uow: UnitOfWork, values: Values) -> list[str]:
    """Return the paths typed into the lines for places; raises Invalid for one that names nothing."""
    return [await typed_place(uow, line, "places", within=uow.scope) for line in _lines(values, "places")]


async def places(uow: UnitOfWork, kinds: Iterable[str]) -> list[str]:
    """Return open places of the scope as they are typed: name and path. The highest ones when there are too many."""
    statement = (
        sa.select(Node.name, Node.path)
        .where(uow.scope.clause(Node.path), Node.kind.in_(list(kinds)), Node.status != BuildStatus.CLOSED.value)
        .order_by(sa.func.length(Node.path), Node.path)
        .limit(_MOST_PLACES)
    )
    rows = sorted((await uow.execute(statement)).all(), key=lambda r: r.path)
    return [f"{r.name} {r.path}" for r in rows]


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
