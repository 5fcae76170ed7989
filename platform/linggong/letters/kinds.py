"""The kinds of letters as data: what they are called, their mark in the number, their words and fields (R079).

The file `kinds.toml` comes with the program; a place words a kind anew, or adds one, by a version of its own, and what was
before stays as it was: that is the log of changes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from linggong.letters.models import LetterTemplate
from tenants.models import Node

BUILT_IN: Final = ("recipient", "issuer", "due")
"""What the letter itself fills in."""
WITHDRAWAL: Final = "withdrawal"
MOST_BODY, MOST_FIELD, MOST_FIELDS = 3000, 1200, 10
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_CODE: Final = re.compile(r"[a-z][a-z_]{1,30}")


class LetterField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a template; `long` has several lines."""

    name: Annotated[str, Meta(max_length=30)]
    label: Annotated[str, Meta(max_length=30)]
    long: bool = False


class LetterKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of letter as it is worded at a place; version 0 is the program's own wording."""

    code: str
    label: str
    mark: str
    dated: bool
    body: str
    fields: list[LetterField]
    version: int = 0
    set_at_path: str = ""
    source: str = ""


class TemplateForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The next wording of a kind, or a new kind."""

    kind: Annotated[str, Meta(max_length=31)]
    label: Annotated[str, Meta(max_length=30)]
    mark: Annotated[str, Meta(max_length=2)]
    body: Annotated[str, Meta(max_length=MOST_BODY)]
    fields: Annotated[list[LetterField], Meta(max_length=MOST_FIELDS)]
    source: Annotated[str, Meta(max_length=200)]
    dated: bool = False


@cache
def built_in() -> Mapping[str, LetterKind]:
    """Return the program's own kinds by code, in the order of the file."""
    raw: dict[str, Any] = tomllib.loads(files("linggong.letters").joinpath("kinds.toml").read_text(encoding="utf-8"))
    return {
        code: msgspec.convert(one | {"code": code, "body": one["body"].strip()}, LetterKind)
        for code, one in raw.items()
    }


async def at(uow: UnitOfWork, path: str) -> dict[str, LetterKind]:
    """Return the kinds as they are worded at a place: the nearest version at it or above it, else the program's own."""
    found = dict(built_in())
    rows = await uow.session.scalars(
        sa.select(LetterTemplate)
        .where(LetterTemplate.tenant.in_(ancestors(tenant_path(path))))
        .order_by(sa.func.length(LetterTemplate.tenant), LetterTemplate.version)
    )
    for row in rows:
        found[row.kind] = LetterKind(
            code=row.kind, label=row.label, mark=row.mark, dated=row.dated, body=row.body,
            fields=[msgspec.convert(one, LetterField) for one in row.fields if isinstance(one, dict)],
            version=row.version, set_at_path=row.tenant, source=row.source,
        )  # fmt: skip
    return found


async def set_template(uow: UnitOfWork, form: TemplateForm) -> UUID:
    """Word a kind anew at the acting post, or add one. Raises Forbidden without a post, Invalid with every fault."""
    if uow.actor.post is None:
        raise Forbidden("公文样式由人社局改。")
    path = uow.actor.post
    faults = _faults(form)
    for code, other in (await at(uow, path)).items():
        if code != form.kind and other.mark == form.mark:
            faults.append(Fault("mark", f"“{form.mark}”已经是“{other.label}”的代字，请换一个字。", "taken"))
    if faults:
        raise Invalid(faults)
    last = await uow.session.scalar(
        sa.select(sa.func.max(LetterTemplate.version)).where(
            LetterTemplate.tenant == path, LetterTemplate.kind == form.kind
        )
    )
    row = LetterTemplate(
        id=new_id(), tenant=path, kind=form.kind, version=(last or 0) + 1, label=form.label.strip(), mark=form.mark,
        body=form.body.strip(), fields=[msgspec.to_builtins(one) for one in form.fields], dated=form.dated,
        source=form.source.strip(), set_at=uow.now, set_by=None if uow.actor.id == NOBODY else uow.actor.id,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    node_id = await uow.session.scalar(sa.select(Node.id).where(Node.path == path))
    await uow.emit(
        NewEvent(
            type="letter.worded", chain=f"node:{node_id}", subject_id=node_id, tenant=path,
            body={"kind": row.kind, "label": row.label, "version": row.version, "source": row.source},
        )
    )  # fmt: skip
    return row.id


def _faults(form: TemplateForm) -> list[Fault]:
    faults = []
    if not _CODE.fullmatch(form.kind):
        faults.append(Fault("kind", "代码用小写字母和下划线，2 到 31 个。", "code"))
    if not 2 <= len(form.label.strip()) <= 30:
        faults.append(Fault("label", "请写公文名称，2 到 30 个字。", "required"))
    if len(form.mark) != 1 or form.mark.isspace():
        faults.append(Fault("mark", "代字是文号里的一个字，例如 整。", "length"))
    if not form.source.strip():
        faults.append(Fault("source", "请写依据：哪份文件、谁定的。", "required"))
    names = [one.name for one in form.fields]
    if len(set(names)) != len(names) or set(names) & set(BUILT_IN):
        faults.append(Fault("fields", "填空项的名字不能重复，也不能叫 recipient、issuer、due。", "names"))
    used = set(_PLACE.findall(form.body))
    unknown = sorted(used - set(names) - set(BUILT_IN))
    if unknown:
        faults.append(Fault("body", f"正文里的 {'、'.join(unknown)} 没有对应的填空项。", "unknown"))
    idle = [one.label for one in form.fields if one.name not in used]
    if idle:
        faults.append(Fault("fields", f"填空项“{'、'.join(idle)}”在正文里没有用到。", "unused"))
    if form.dated != ("due" in used):
        faults.append(Fault("dated", "有期限的公文正文里要有 {due}，没有期限的不能有。", "dated"))
    if not form.body.strip():
        faults.append(Fault("body", "请写正文。", "required"))
    return faults


def written(kind: LetterKind, values: Mapping[str, str]) -> list[str]:
    """Return the paragraphs of a letter; what was typed is put in as it is and never read as a template again."""
    text = _PLACE.sub(lambda found: values.get(found[1], ""), kind.body)
    return [line.strip() for line in text.splitlines() if line.strip()]
