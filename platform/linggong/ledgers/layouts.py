"""How a county wants its sheets (R092, R094): title, columns with its own headings, who signs. Data of the place, each change a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from linggong.ledgers import queries
from linggong.ledgers.codes import FORMS, LEDGERS, MONTH
from linggong.ledgers.columns import COLUMNS, LEDGER_COLUMNS, SIGNERS, USUAL
from linggong.ledgers.models import SheetLayout
from tenants import queries as tree

MOST_COLUMNS: Final = 40
_LEDGER_USUAL: Final = ("no", "code", "happened", "written", "who", "what", "place", "n", "note", "late")


class LayoutForm(msgspec.Struct, forbid_unknown_fields=True):
    """A layout to set at a place: each column as 'key=heading', or the key alone for our own heading. No columns: back to the usual."""

    place: Annotated[str, Meta(max_length=120)] = ""
    title: Annotated[str, Meta(max_length=400)] = ""
    columns: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=100)] = []
    signers: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=20)] = []
    source: Annotated[str, Meta(max_length=800)] = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The layout in force: columns as (key, heading)."""

    form: str
    title: str
    columns: list[tuple[str, str]]
    signers: list[str]
    source: str
    set_at_path: str
    """The place that set it; '' for the usual one."""


def known_form(form: str) -> str:
    """Return a form's key; raises NotFound."""
    if form not in FORMS:
        raise NotFound
    return form


def form_name(form: str) -> str:
    """Return what a form is called."""
    return "零工驿站月报表" if form == MONTH else LEDGERS[form].name.removesuffix("台账") + "台账"


def known(form: str) -> dict[str, str]:
    """Return the columns that a form can have, with our headings."""
    if form == MONTH:
        return {key: column.label + (f"（{column.unit}）" if column.unit else "") for key, column in COLUMNS.items()}
    heads = dict(zip(("who", "what", "place", "n", "note"), LEDGERS[form].heads, strict=True))
    return {key: heads.get(key, word) for key, word in LEDGER_COLUMNS.items() if heads.get(key, word)}


def usual(form: str, kept: Sequence[str]) -> Layout:
    """Return the layout of whoever sets none; `kept` are the ledgers that the place keeps."""
    heads = known(form)
    keys = (USUAL[0], *(f"ledger.{code}" for code in kept), *USUAL[1:]) if form == MONTH else _LEDGER_USUAL
    return Layout(
        form=form, title=form_name(form), columns=[(key, heads[key]) for key in keys if key in heads], signers=list(SIGNERS),
        source="系统的通用版式", set_at_path="",
    )  # fmt: skip


async def layout(uow: UnitOfWork, form: str, path: str) -> Layout:
    """Return the layout in force at a place: its own, else that of the nearest place above it, else the usual one."""
    rows = await uow.session.scalars(
        sa.select(SheetLayout)
        .where(SheetLayout.tenant.in_(ancestors(tenant_path(path))), SheetLayout.form == form)
        .order_by(sa.func.length(SheetLayout.tenant).desc(), SheetLayout.version.desc())
    )
    done: set[str] = set()
    heads = known(form)
    for row in rows:
        # Only the latest version of a place counts; an empty one leaves it to the place above.
        if row.tenant in done:
            continue
        done.add(row.tenant)
        if row.columns:
            return Layout(
                form=form, title=row.title, columns=[_split(text, heads) for text in row.columns], signers=row.signers,
                source=row.source, set_at_path=row.tenant,
            )  # fmt: skip
    return usual(form, [one.code for one in await queries.kept(uow, path)])


def _split(text: str, heads: dict[str, str]) -> tuple[str, str]:
    key, _, heading = text.partition("=")
    return key.strip(), heading.strip() or heads.get(key.strip(), "")


async def set_layout(uow: UnitOfWork, form: str, given: LayoutForm) -> SheetLayout:
    """Set a layout at a place, for it and all below. Raises NotFound outside the scope, Invalid with every fault."""
    node = await tree.managed(uow, given.place)
    faults = []
    heads = known(known_form(form))
    columns = [_split(text, heads) for text in given.columns if text.strip()]
    strange = [key for key, _ in columns if key not in heads]
    if strange:
        faults.append(Fault("columns", f"没有这些列：{'、'.join(strange[:8])}。请从可选的列里挑。", "unknown"))
    twice = {key for n, (key, _) in enumerate(columns) if key in [k for k, _ in columns[:n]]}
    if twice:
        faults.append(Fault("columns", f"这些列写了两遍：{'、'.join(sorted(twice))}。", "twice"))
    if len(columns) > MOST_COLUMNS:
        faults.append(Fault("columns", f"最多 {MOST_COLUMNS} 列。", "length"))
    if any(len(heading) > 30 for _, heading in columns):
        faults.append(Fault("columns", "列名最多 30 个字。", "length"))
    if columns and not 2 <= len(given.title.strip()) <= 60:
        faults.append(Fault("title", "请写表名，2 到 60 个字。", "required"))
    signers = [name.strip() for name in given.signers if name.strip()]
    if len(signers) > 6 or any(len(name) > 20 for name in signers):
        faults.append(Fault("signers", "签字栏最多 6 个，每个最多 20 个字。", "length"))
    if not 2 <= len(given.source.strip()) <= 200:
        faults.append(Fault("source", "请写依据，例如文件名和文号，最多 200 个字。", "required"))
    if faults:
        raise Invalid(faults)
    last = await uow.session.scalar(
        sa.select(sa.func.max(SheetLayout.version)).where(SheetLayout.tenant == node.path, SheetLayout.form == form)
    )
    row = SheetLayout(
        id=new_id(), tenant=node.path, form=form, version=(last or 0) + 1, title=given.title.strip(),
        columns=[f"{key}={heading}" for key, heading in columns], signers=signers or list(SIGNERS), source=given.source.strip(),
        set_at=uow.now, set_by=None if uow.actor.id == NOBODY else uow.actor.id,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="layout.set", chain=f"node:{node.id}", subject_id=node.id, tenant=node.path,
            body={"form": form, "version": row.version},
        )
    )  # fmt: skip
    return row
