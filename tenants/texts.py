"""What a place says in public about its service (R099): sections of text with the paper they follow, kept in versions.

A text written at a place holds for all below it until a lower place writes its own, as a parameter does. Nothing is
overwritten: a change is the next version, so that what was promised on a day can be shown later.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from tenants import parameters
from tenants.models import Node, PublicText

MOST: Final = 4000
MOST_LINES: Final = 40
_SOURCE_MOST: Final = 200
FILLED: Final = re.compile(r"\{([a-z0-9_.]+)\}")
"""Where a parameter's value stands in a text."""
_UNREADABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\ufeff]")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: what holds until somebody writes his own."""

    key: str
    title: str
    hint: str
    body: str
    source: str


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """A section as it stands at a place. `version` 0 is the text that came with the system."""

    key: str
    title: str
    hint: str
    body: str
    source: str
    version: int
    set_at: datetime | None
    place: str
    """The place that wrote it, '' for the one that came with the system."""
    is_own: bool
    """This very place wrote it."""


@cache
def sections() -> Mapping[str, Section]:
    """All sections by key, in the order of the page."""
    data = tomllib.loads(files("tenants").joinpath("public_texts.toml").read_text(encoding="utf-8"))
    found = {one["key"]: Section(**{**one, "body": one["body"].strip()}) for one in data["sections"]}
    for one in found.values():
        if faults := faults_of(one.body, one.source):
            raise ValueError(f"section {one.key}: {faults[0].message}")
    return MappingProxyType(found)


def faults_of(body: str, source: str) -> list[Fault]:
    """Return everything that is wrong with a text."""
    faults = []
    lines = body.splitlines()
    if not body:
        faults.append(Fault("body", "请写内容，一行一条。", "required"))
    elif len(body) > MOST or len(lines) > MOST_LINES:
        faults.append(Fault("body", f"太长了，最多 {MOST_LINES} 条、{MOST} 个字。", "length"))
    if _UNREADABLE.search(body) or _UNREADABLE.search(source):
        faults.append(Fault("body", "里面有看不见或不能用的字符，请删掉重填。", "characters"))
    unknown = sorted({key for key in FILLED.findall(body) if key not in parameters.definitions()})
    if unknown:
        faults.append(Fault("body", f"没有参数“{unknown[0]}”，请照参数表写，或直接写数字。", "parameter"))
    if not source:
        faults.append(Fault("source", "请写依据，例如文件名和文号。", "required"))
    elif len(source) > _SOURCE_MOST:
        faults.append(Fault("source", f"太长了，最多 {_SOURCE_MOST} 个字。", "length"))
    return faults


async def at(uow: UnitOfWork, path: str) -> list[TextView]:
    """Return all sections as they stand at a place: the nearest text at it or above it, else what came with the system."""
    above = ancestors(tenant_path(path))
    latest = (
        sa.select(PublicText, Node.name)
        .join(Node, Node.path == PublicText.tenant)
        .where(PublicText.tenant.in_(above))
        .ext(distinct_on(PublicText.tenant, PublicText.key))
        .order_by(PublicText.tenant, PublicText.key, PublicText.version.desc())
    )
    written: dict[tuple[str, str], tuple[PublicText, str]] = {
        (row.tenant, row.key): (row, name) for row, name in await uow.execute(latest)
    }
    shown = []
    for section in sections().values():
        found = next(
            (w for place in reversed(above) if (w := written.get((place, section.key))) is not None and w[0].body),
            None,
        )
        row = found[0] if found else None
        shown.append(
            TextView(
                key=section.key, title=section.title, hint=section.hint,
                body=row.body if row else section.body,
                source=row.source if row else section.source,
                version=row.version if row else 0,
                set_at=row.set_at if row else None,
                place=found[1] if found else "",
                is_own=row is not None and row.tenant == path,
            )
        )  # fmt: skip
    return shown


async def write(uow: UnitOfWork, path: str, key: str, body: str, source: str) -> PublicText:
    """Write a section for a place and all below it. Raises NotFound outside the scope or for an unknown key, Invalid with every fault."""
    body = "\n".join(line.strip() for line in body.replace("\r", "").split("\n") if line.strip())
    source = source.strip()
    node = await _place(uow, path, key)
    if faults := faults_of(body, source):
        raise Invalid(faults)
    return await _next(uow, node, key, body, source)


async def leave_to_above(uow: UnitOfWork, path: str, key: str) -> None:
    """Take back what a place has written: what holds above it holds here again. Nothing where it wrote nothing."""
    node = await _place(uow, path, key)
    own = await _latest(uow, node.path, key)
    if own is not None and own.body:
        await _next(uow, node, key, "", "取消本地文本")


async def _place(uow: UnitOfWork, path: str, key: str) -> Node:
    if not uow.scope.covers(path) or key not in sections():
        raise NotFound
    node: Node | None = await uow.session.scalar(
        sa.select(Node).where(Node.path == path).with_for_update(key_share=True)
    )
    if node is None:
        raise NotFound
    return node


async def _latest(uow: UnitOfWork, path: str, key: str) -> PublicText | None:
    found: PublicText | None = await uow.session.scalar(
        sa.select(PublicText)
        .where(PublicText.tenant == path, PublicText.key == key)
        .order_by(PublicText.version.desc())
        .limit(1)
    )
    return found


async def _next(uow: UnitOfWork, node: Node, key: str, body: str, source: str) -> PublicText:
    before = await _latest(uow, node.path, key)
    row = PublicText(
        id=new_id(), tenant=node.path, key=key, version=1 if before is None else before.version + 1, body=body,
        source=source, set_at=uow.now, set_by=_actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    told: dict[str, Any] = {"key": key, "version": row.version, "source": source}
    await uow.emit(
        NewEvent(type="node.text_written", chain=f"node:{node.id}", subject_id=node.id, tenant=node.path, body=told)
    )
    return row


def _actor(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id
