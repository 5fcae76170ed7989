"""Photos of places: what a row says about a file that was uploaded before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from tenants import queries
from tenants.models import NodePhoto

NOTE_LENGTH: Final = 200


async def add(uow: UnitOfWork, node_id: UUID, file_key: str, given: Mapping[str, Any]) -> NodePhoto:
    """Hang an uploaded file on a place; `given` may hold note and taken_at, what it lacks the database fills in.

    Raises NotFound outside the scope, Invalid for a file that another row names already.
    """
    node = await queries.managed(uow, node_id)
    _check(given)
    await _unused(uow, file_key)
    row = {"id": new_id(), "tenant": node.path, "node_id": node.id, "file_key": file_key, "created_at": uow.now}
    row |= {"added_by": None if uow.actor.id == NOBODY else uow.actor.id}
    row |= {k: given[k] for k in ("note", "taken_at") if given.get(k) is not None}
    photo = (await uow.session.scalars(sa.insert(NodePhoto).values(row).returning(NodePhoto))).one()
    await _tell(uow, photo, "node.photo_added")
    return photo


async def change(uow: UnitOfWork, photo_id: UUID, given: Mapping[str, Any]) -> str | None:
    """Change note, time or file of a photo; returns the file that nobody needs any more. Raises NotFound, Invalid."""
    photo = await _managed(uow, photo_id)
    _check(given)
    before = photo.file_key
    if given.get("file_key", before) != before:
        await _unused(uow, given["file_key"])
    for field in ("file_key", "note", "taken_at"):
        if field in given:
            setattr(photo, field, given[field])
    await uow.flush()
    await _tell(uow, photo, "node.photo_changed")
    return before if photo.file_key != before else None


async def remove(uow: UnitOfWork, photo_id: UUID) -> str:
    """Take a photo down; returns its file. Raises NotFound outside the scope."""
    photo = await _managed(uow, photo_id)
    await _tell(uow, photo, "node.photo_removed")
    await uow.session.delete(photo)
    await uow.flush()
    return photo.file_key


async def _managed(uow: UnitOfWork, photo_id: UUID) -> NodePhoto:
    statement = sa.select(NodePhoto).where(NodePhoto.id == photo_id, uow.scope.clause(NodePhoto.tenant))
    found = await uow.session.scalar(statement.with_for_update())
    if found is None:
        raise NotFound
    return found


async def _unused(uow: UnitOfWork, file_key: str) -> None:
    if await uow.session.scalar(sa.select(NodePhoto.id).where(NodePhoto.file_key == file_key)):
        raise Invalid([Fault("file_key", "这张照片已经用过了，请重新上传。", "file")])


def _check(given: Mapping[str, Any]) -> None:
    if len(given.get("note") or "") > NOTE_LENGTH:
        raise Invalid([Fault("note", f"说明最多 {NOTE_LENGTH} 个字。", "length")])


async def _tell(uow: UnitOfWork, photo: NodePhoto, event: str) -> None:
    body = {"photo": photo.id, "note": photo.note}
    chain = f"node:{photo.node_id}"
    await uow.emit(NewEvent(type=event, chain=chain, subject_id=photo.node_id, tenant=photo.tenant, body=body))
