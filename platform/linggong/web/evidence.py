"""Photos kept as proof: reading one from a form, and showing one (tenants.evidence)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.web import pages
from rbac.permissions import Permission
from tenants import evidence

CEILING: Final = 60_000_000
"""What a form with photos may weigh: browsers without scripts send them as the telephone took them, and are told so."""


async def read(values: dict[str, Any], field: str = "photo") -> evidence.Photo | None:
    """Read the fields of the macro `f.photo`; None when no photo was chosen. What is wrong with it, `check` says."""
    chosen = values.get(field)
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        return None
    latitude, longitude = _point(str(values.get(f"{field}_point") or ""))
    return evidence.Photo(
        data=await chosen.read(),
        taken_at=evidence.said(str(values.get(f"{field}_taken_at") or "")),
        latitude=latitude,
        longitude=longitude,
        note=str(values.get(f"{field}_note") or ""),
    )


def _point(text: str) -> tuple[float | None, float | None]:
    latitude, comma, longitude = text.partition(",")
    try:
        return (float(latitude), float(longitude)) if comma else (None, None)
    except ValueError:
        return None, None


class Evidence(Controller):
    """The photos."""

    path = "/evidence"
    include_in_schema = False

    @get("/{photo_id:uuid}", opt={"permission": Permission.EVIDENCE_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], photo_id: FromPath[UUID]) -> Response[bytes]:
        """A photo, for whoever sees the place it was kept at."""
        return pages.picture(*await evidence.content(uow, photo_id))
