"""Checklists as versioned data: what is looked at in a kind of place, what passes, where a photo is needed (R025, R033-R035, R044, R079).

`checklists.toml` comes with the program (version 0). An office decides a version of its own with a reason; it holds below that
office until a lower one has its own, and an inspection keeps the list against which it was made.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.inspection import common
from linggong.inspection.models import Checklist
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from tenants.kinds import SITE_KINDS, NodeKind

MOST_ITEMS: Final = 60
ROWS: Final = (4, 5, 6)
"""Rows of the 100-point table that an inspector judges."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_REQUIREMENT: Final = re.compile(r"R\d{3}")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item: `passes` says what passes. `serious`: a fault that may end a place before its deadline (ruling 22)."""

    key: Annotated[str, Meta(max_length=40)]
    requirement: Annotated[str, Meta(max_length=10)]
    title: Annotated[str, Meta(max_length=60)]
    passes: Annotated[str, Meta(max_length=300)]
    photo: bool = False
    serious: bool = False
    dated: bool = False
    row: int | None = None


class ChecklistView(msgspec.Struct, frozen=True, kw_only=True):
    """A checklist as it holds at a place."""

    kind: str
    kind_words: str
    title: str
    version: int
    items: list[Item]
    source: str = ""


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the log of changes."""

    version: int
    tenant: str
    title: str
    reason: str
    source: str
    set_at: datetime
    set_name: str
    changed: list[str]
    """What differs from the version before: added, dropped and changed items."""


class ChecklistForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The next version of a kind's checklist."""

    kind: Annotated[str, Meta(max_length=40)]
    title: Annotated[str, Meta(max_length=60)]
    items: Annotated[list[Item], Meta(max_length=200)]
    reason: Annotated[str, Meta(max_length=300)]
    source: Annotated[str, Meta(max_length=200)]


@cache
def built_in() -> Mapping[str, ChecklistView]:
    """Return the program's own checklists by the kind of place."""
    raw: dict[str, Any] = tomllib.loads(
        files("linggong.inspection").joinpath("checklists.toml").read_text(encoding="utf-8")
    )
    return {
        kind: ChecklistView(
            kind=kind, kind_words=NodeKind(kind).label, title=one["title"], version=0,
            items=msgspec.convert(one["items"], list[Item]), source="本系统的建议",
        )
        for kind, one in raw.items()
    }  # fmt: skip


async def at(uow: UnitOfWork, path: str, kind: str) -> ChecklistView | None:
    """Return the checklist of a kind of place that holds at `path`; None for a kind that is not inspected."""
    row = await uow.session.scalar(
        sa.select(Checklist)
        .where(Checklist.tenant.in_(ancestors(tenant_path(path))), Checklist.kind == kind)
        .order_by(sa.func.length(Checklist.tenant).desc(), Checklist.version.desc())
        .limit(1)
    )
    if row is None:
        return built_in().get(kind)
    return ChecklistView(
        kind=row.kind, kind_words=NodeKind(row.kind).label if row.kind in set(NodeKind) else row.kind, title=row.title,
        version=row.version, items=items_of(row.items), source=row.source,
    )  # fmt: skip


async def change(uow: UnitOfWork, form: ChecklistForm) -> UUID:
    """Decide the next version at the acting post. Raises Forbidden without a post, Invalid with every fault."""
    if uow.actor.post is None:
        raise Forbidden("检查表由人社局改。")
    faults = _faults(form)
    if faults:
        raise Invalid(faults)
    path = uow.actor.post
    last = await uow.session.scalar(
        sa.select(sa.func.max(Checklist.version)).where(Checklist.tenant == path, Checklist.kind == form.kind)
    )
    row = Checklist(
        id=new_id(), tenant=path, kind=form.kind, version=(last or 0) + 1, title=form.title.strip(),
        items=[msgspec.to_builtins(one) for one in form.items], reason=form.reason.strip(), source=form.source.strip(),
        set_at=uow.now, set_by=None if uow.actor.id == NOBODY else uow.actor.id, set_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    node = await common.node_at(uow, path)
    body = {"kind": row.kind, "version": row.version, "reason": row.reason, "source": row.source}
    await common.tell(uow, "inspection.checklist_changed", node, node.id, **body)
    return row.id


async def log(uow: UnitOfWork, path: str, kind: str) -> list[ChangeView]:
    """Return the log of changes of a kind's checklist at a place and above it, the latest first."""
    rows = list(
        await uow.session.scalars(
            sa.select(Checklist)
            .where(Checklist.tenant.in_(ancestors(tenant_path(path))), Checklist.kind == kind)
            .order_by(Checklist.tenant, Checklist.version)
        )
    )
    found: list[ChangeView] = []
    first = built_in().get(kind)
    for row in rows:
        before = next((r for r in rows if r.tenant == row.tenant and r.version == row.version - 1), None)
        old = items_of(before.items) if before else (first.items if first else [])
        found.append(
            ChangeView(
                version=row.version, tenant=row.tenant, title=row.title, reason=row.reason, source=row.source,
                set_at=row.set_at, set_name=row.set_name, changed=compared(old, items_of(row.items)),
            )
        )  # fmt: skip
    return sorted(found, key=lambda c: c.set_at, reverse=True)


def items_of(raw: Sequence[Any]) -> list[Item]:
    """Read items as they are kept."""
    return [msgspec.convert(one, Item) for one in raw if isinstance(one, dict)]


def compared(old: Sequence[Item], new: Sequence[Item]) -> list[str]:
    """Say what one list has that the other has not."""
    before, after = {i.key: i for i in old}, {i.key: i for i in new}
    words = [f"加了“{i.title}”" for k, i in after.items() if k not in before]
    words += [f"去掉“{i.title}”" for k, i in before.items() if k not in after]
    return words + [f"改了“{i.title}”" for k, i in after.items() if k in before and before[k] != i]


def _faults(form: ChecklistForm) -> list[Fault]:
    faults = []
    if form.kind not in {k.value for k in SITE_KINDS}:
        faults.append(Fault("kind", "请选一类站点。", "choice"))
    for field, text, least in (("title", form.title, 2), ("reason", form.reason, 4), ("source", form.source, 2)):
        if len(text.strip()) < least:
            faults.append(Fault(field, {"title": "请写检查表的名称。", "reason": "请写改了什么、为什么改。", "source": "请写依据：哪份文件、谁定的。"}[field], "required"))  # fmt: skip
    if not 1 <= len(form.items) <= MOST_ITEMS:
        faults.append(Fault("items", f"检查项要有 1 到 {MOST_ITEMS} 项。", "range"))
    keys = [one.key for one in form.items]
    if len(set(keys)) != len(keys):
        faults.append(Fault("items", "检查项的代码不能重复。", "twice"))
    for n, one in enumerate(form.items, 1):
        if not _KEY.fullmatch(one.key) or not _REQUIREMENT.fullmatch(one.requirement):
            faults.append(Fault("items", f"第 {n} 项：代码用小写字母，要求编号写成 R025 这样。", "code"))
        if len(one.title.strip()) < 2 or len(one.passes.strip()) < 2:
            faults.append(Fault("items", f"第 {n} 项：请写名称和怎样算合格。", "required"))
        if one.row is not None and one.row not in ROWS:
            faults.append(Fault("items", f"第 {n} 项：现场检查只对应考核表第 4、5、6 项。", "row"))
    return faults
