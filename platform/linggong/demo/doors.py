"""The doors of the demo's stations: hours, an address and a telephone each, made up and plain to see as such.

No telephone in China begins with a zero after its area code, so that nobody real is rung; the points come from the preset and are
marked there as the demo's (`point_is_demo`).
"""

from __future__ import annotations

from typing import Final

from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.paths import EVERYWHERE
from tenants import queries, service
from tenants.kinds import NodeKind
from tenants.views import NodeChanges

_HOURS: Final = {
    NodeKind.STATION: "4月到9月 4:30 到 18:00；10月到3月 5:00 到 17:30",
    NodeKind.MARKET_COMPREHENSIVE: "4月到9月 4:00 到 18:30；10月到3月 4:30 到 18:00",
    NodeKind.MARKET_TRADE: "每天 5:00 到 17:30",
    NodeKind.SERVICE_POINT: "周一到周六 7:00 到 17:00",
}
_OFFICE: Final = "周一到周五 8:30 到 17:30"
_STREETS: Final = ("人民路", "建设路", "和平街", "解放路", "中心街", "文化路")


async def furnish(database: Database) -> int:
    """Give each open place of service that tells nothing yet its hours, address and telephone; returns how many."""
    told = 0
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for number, site in enumerate(await queries.sites(uow)):
            if site.opening_hours or site.phone or site.address:
                continue
            await service.change_node(
                uow,
                site.path,
                NodeChanges(
                    opening_hours=_HOURS.get(site.kind, _OFFICE),
                    address=f"{_STREETS[number % len(_STREETS)]} {number * 7 % 190 + 1} 号（演示）",
                    phone=f"0371-0000{number:04d}",
                ),
            )
            told += 1
    return told
