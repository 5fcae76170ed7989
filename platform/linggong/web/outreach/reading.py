"""How the forms of reaching out are read, and what their pages share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import Request, Response
from litestar.datastructures import UploadFile

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.market.trades import COMMON_TRADES
from linggong.outreach.visits import called
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Employer, Person, Worker
from linggong.people.service_links import served_by
from linggong.web import menus, pages
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import evidence
from tenants.evidence import Photo

AnyRequest = Request[Any, Any, Any]
S = TypeVar("S", bound=msgspec.Struct)
TABS: Final = (
    ("visits", "/outreach", "走访和电话"), ("surveys", "/outreach/surveys", "摸排"), ("briefings", "/outreach/briefings", "政策宣讲"),
    ("publicity", "/outreach/publicity", "宣传和粉丝"), ("fairs", "/outreach/fairs", "招聘会"), ("officers", "/outreach/officers", "用工专员"),
    ("training", "/outreach/training", "培训和数据质量"), ("satisfaction", "/outreach/satisfaction", "满意度"),
    ("guidance", "/outreach/guidance", "用工指导"), ("brands", "/outreach/brands", "劳务品牌"),
)  # fmt: skip
BLANK: Final[dict[str, Any]] = {"values": {}, "errors": {}}
"""A form before anything is typed; what was refused is filled in afterwards (`web.refused`)."""


def read(struct: type[S], values: Mapping[str, Any], *moments: str, **more: Any) -> S:
    """Read a posted form as a struct: fields named in `moments` are times as pages send them. Raises Invalid with every fault."""
    known = set(struct.__struct_fields__)
    raw = {key: value for key, value in values.items() if key in known and not isinstance(value, UploadFile)}
    for name in moments:
        at = evidence.said(str(values.get(name) or ""))
        raw[name] = at.isoformat() if at is not None else str(values.get(name) or "")
    raw |= more
    # A blank stands in for what is missing, so that the service names it among all the other faults.
    needed = [one.name for one in msgspec.structs.fields(struct) if one.required and one.type is str]
    blank = [name for name in needed if not str(raw.get(name) or "").strip()]
    try:
        return pages.convert(struct, raw | dict.fromkeys(blank, " "))
    except Invalid as invalid:
        raise Invalid([*invalid.faults, *(Fault(name, "必须填写。", "required") for name in blank)]) from None


def placed(photo: Photo | None) -> dict[str, float]:
    """Return where the photo was taken as the fields of a point."""
    if photo is None or photo.latitude is None or photo.longitude is None:
        return {}
    return {"latitude": photo.latitude, "longitude": photo.longitude}


def needed(photo: Photo | None) -> Photo:
    """Return the photo, or a stand-in without bytes that its check refuses along with everything else."""
    return photo if photo is not None else Photo(data=b"")


def many(values: Mapping[str, Any], name: str) -> list[str]:
    """Return the ticked values of a field."""
    found = values.get(name, [])
    return [str(one) for one in found] if isinstance(found, list) else [str(found)] if found else []


def whole(values: Mapping[str, Any], name: str, words: str) -> int:
    """Return a whole number that was typed; raises Invalid."""
    found = pages.whole(values.get(name))
    if found is None:
        raise Invalid([Fault(name, words, "number")])
    return found


async def employer_options(uow: UnitOfWork) -> list[dict[str, str]]:
    """Return the employers whom the post serves, as choices: a natural person by his surname only."""
    rows = await uow.execute(
        sa.select(Employer.id, Employer.name, Employer.kind)
        .where(served_by(uow, Employer.id), Employer.status != "closed")
        .order_by(Employer.name, Employer.id)
        .limit(300)
    )
    return [{"value": str(r.id), "label": called("", r.name, r.kind)} for r in rows]


def trade_options() -> list[dict[str, str]]:
    """Return the usual trades as choices."""
    return [{"value": one.code, "label": one.word} for one in COMMON_TRADES]


def choices(words: Mapping[str, str]) -> list[dict[str, str]]:
    """Return codes with their words as choices."""
    return [{"value": key, "label": label} for key, label in words.items()]


def render(request: AnyRequest, principal: Principal, template: str, section: str, **context: Any) -> Response[bytes]:
    """Return a page of reaching out: the tabs, the form, what the post may do."""
    return menus.render(
        request, principal, f"outreach/{template}", section=section, tabs=TABS, form=BLANK,
        may_record=menus.may(request, principal, Permission.OUTREACH_RECORD),
        may_manage=menus.may(request, principal, Permission.OUTREACH_MANAGE), today=clock.business_date(clock.now()),
        **context,
    )  # fmt: skip


def is_today(at: datetime) -> bool:
    """Tell whether something is of this day."""
    return clock.business_date(at) == clock.business_date(clock.now())


async def worker_options(uow: UnitOfWork) -> list[dict[str, str]]:
    """Return workers whom the post serves as choices, the latest first; names veiled as everywhere."""
    rows = await uow.execute(
        sa.select(Person.id, Person.name)
        .join(Worker, Worker.person_id == Person.id)
        .where(served_by(uow, Person.id), Person.status == "active")
        .order_by(Person.created_at.desc())
        .limit(200)
    )
    return [{"value": str(r.id), "label": f"{veil_name(r.name)}（{str(r.id)[-4:]}）"} for r in rows]
