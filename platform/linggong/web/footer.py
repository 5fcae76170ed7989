"""Who answers for the site: the office, the licences, the telephones and the record numbers at the foot of every page.

令44 asks for the licence on the home page. The values are parameters of the place that runs the deployment; what nobody has set is not shown.
A process keeps them for a minute.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from litestar import Litestar

from linggong.kernel.db import Database
from linggong.kernel.paths import ROOT, ancestors, tenant_path
from tenants import queries

KEYS: Final = (
    ("site.office", "经办机构"),
    ("site.operator", "运营机构"),
    ("site.licence_hr", "人力资源服务许可证"),
    ("site.licence_business", "统一社会信用代码"),
    ("site.hotline", "服务热线"),
    ("site.complaint_phone", "监督投诉电话"),
    ("site.icp", "ICP 备案"),
    ("site.police", "公安联网备案"),
)
_CALLED: Final = frozenset({"site.hotline", "site.complaint_phone"})
_LINKS: Final = {"site.icp": "https://beian.miit.gov.cn/", "site.police": "https://beian.mps.gov.cn/"}
_KEEP: Final = 60.0
_SET = """
SELECT key, value FROM parameter_values WHERE key = ANY ($1::text[]) AND tenant = ANY ($2::text[]) ORDER BY length(tenant)
"""
_DEFAULTS: Final = {"site.complaint_phone": "12333"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing at the foot."""

    label: str
    value: str
    href: str = ""


async def read(database: Database) -> tuple[Item, ...]:
    """Return what is set, in order."""
    seat = queries.seat_of(await database.fetch_public(queries.TOPMOST))
    above = [ROOT] if seat is None else ancestors(tenant_path(seat["path"]))
    rows = await database.fetch_public(_SET, [key for key, _ in KEYS], list(above))
    values = _DEFAULTS | {row["key"]: row["value"].strip() for row in rows}
    return tuple(
        Item(label, values[key], f"tel:{values[key]}" if key in _CALLED else _LINKS.get(key, ""))
        for key, label in KEYS
        if values.get(key)
    )


async def renew(app: Litestar) -> None:
    """Read the foot anew when it is older than a minute; called by the pages that anybody sees first."""
    state: Any = app.state
    if time.monotonic() - getattr(state, "foot_at", -_KEEP) >= _KEEP:
        state.foot = await read(state.database)
        state.foot_at = time.monotonic()
