"""What a changed row goes through: the service of its slice where one exists, a walled update where none does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from admin import media
from admin.catalogue import RULES
from admin.context import Visit
from admin.walls import wall
from linggong.kernel.clock import SHANGHAI
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.forms import validate
from rbac.permissions import Permission
from tenants import photos
from tenants.service import change_node
from tenants.views import NodeChanges

Values = dict[str, Any]


def local_time(value: Any) -> Any:
    """Return an instant; one that names no time zone is meant in ours."""
    return value.replace(tzinfo=SHANGHAI) if isinstance(value, datetime) and value.tzinfo is None else value


def same(old: Any, new: Any) -> bool:
    """Tell whether a field came back as it was shown: times cut to a second or a minute, nothing as '' or zero."""
    if isinstance(old, datetime) and isinstance(new, datetime):
        cut = (
            timedelta(milliseconds=1)
            if new.microsecond
            else timedelta(seconds=1)
            if new.second
            else timedelta(minutes=1)
        )
        return timedelta() <= old - new < cut
    if old is None or old == "":
        return new is None or new == "" or new == timedelta()
    if isinstance(old, dict | list) and isinstance(new, str):
        try:
            return bool(json.loads(new) == old)
        except ValueError:
            return False
    return bool(old == new)


def changed(stored: Mapping[Any, Any], given: Values, comparable: frozenset[str]) -> Values:
    """Return the given values that differ from the stored row; what is shown otherwise than stored never counts."""
    return {k: v for k, v in given.items() if k in comparable and not same(stored[k], v)}


async def _change_node(visit: Visit, row_id: Any, new: Values) -> None:
    if ("latitude" in new) != ("longitude" in new):
        # One half of a point was changed: the service takes both together.
        nodes = RULES["nodes"].table
        point = sa.select(nodes.c.latitude, nodes.c.longitude).where(nodes.c.id == row_id)
        row = (await visit.opened().execute(point)).one()
        new = {"latitude": row.latitude, "longitude": row.longitude} | new
    await change_node(visit.acting_on(Permission.NODE_MANAGE), row_id, validate(NodeChanges, new))


async def _change_photo(visit: Visit, row_id: Any, new: Values) -> None:
    if "node_id" in new:
        raise Invalid([Fault("node_id", "照片不能换到别的站点，请在那边重新上传。", "fixed")])
    if "file_key" in new:
        media.check_stored(visit, new["file_key"])
    unused = await photos.change(visit.acting_on(Permission.NODE_MANAGE), row_id, new)
    if unused is not None:
        media.forget_later(visit, unused)


async def _add_photo(visit: Visit, given: Values) -> UUID:
    faults = [
        Fault(n, w, "required")
        for n, w in (("node_id", "请选站点。"), ("file_key", "请上传照片。"))
        if not given.get(n)
    ]
    if faults:
        raise Invalid(faults)
    media.check_stored(visit, given["file_key"])
    made = await photos.add(visit.acting_on(Permission.NODE_MANAGE), given["node_id"], given["file_key"], given)
    return made.id


async def _remove_photo(visit: Visit, row_id: Any) -> None:
    media.forget_later(visit, await photos.remove(visit.acting_on(Permission.NODE_MANAGE), row_id))


def _walled(name: str, *stamps: str) -> Callable[[Visit, Any, Values], Awaitable[None]]:
    async def change(visit: Visit, row_id: Any, new: Values) -> None:
        rule, uow = RULES[name], visit.opened()
        if rule.update is None:
            raise NotFound
        table = rule.table
        key = next(iter(table.primary_key.columns))
        long = [k for k, v in new.items() if isinstance(v, str) and len(v) > 400]
        empty = [k for k, v in new.items() if v is None and not table.c[k].nullable]
        if long or empty:
            raise Invalid(
                [Fault(k, "太长了，最多 400 个字。", "length") for k in long]
                + [Fault(k, "不能空着。", "required") for k in empty]
            )
        values = new | dict.fromkeys(stamps, uow.now)
        mine = sa.and_(key == row_id, wall(visit, table, rule.update))
        done = await uow.execute(sa.update(table).where(mine).values(values).returning(key))
        if done.first() is None:
            raise NotFound

    return change


CREATES: Final[Mapping[str, Callable[[Visit, Values], Awaitable[Any]]]] = {"node_photos": _add_photo}
CHANGES: Final[Mapping[str, Callable[[Visit, Any, Values], Awaitable[None]]]] = {
    "nodes": _change_node,
    "node_photos": _change_photo,
    "workers": _walled("workers", "updated_at"),
    "employers": _walled("employers"),
    "agencies": _walled("agencies"),
}
REMOVES: Final[Mapping[str, Callable[[Visit, Any], Awaitable[None]]]] = {"node_photos": _remove_photo}
