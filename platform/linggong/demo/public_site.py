"""The public site of the demo: licences, a county's own promise, directories, figures.

Everything that is made up says so where a visitor could take it for real.
"""

from __future__ import annotations

from typing import Final

from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import Scope
from linggong.publishing import directory, figures
from tenants import service, texts

Who = tuple[Actor, Scope]
MADE_UP: Final = "演示用，不是真文件"
_PARAMETERS: Final = (
    ("site.office", "开封市公共就业服务中心（演示）"),
    ("site.operator", "惠民零工服务有限公司（演示）"),
    ("site.licence_hr", "演示 410200000001"),
    ("site.licence_business", "演示 91410200MA00000000"),
    ("site.hotline", "0371-00009000"),
    ("site.icp", "演示 ICP 备 00000000 号"),
)
_PROMISE: Final = """登记、求职、招工、签约、开收据全部免费。
早上 5 点开门，门口自助机不用等人就能签到。
上班时间发布的用工，{t.review} 内审完。
投诉 {sla.complaint.ack} 内回执，{sla.complaint.first} 个工作日内有人联系您。
欠薪线索 {t.refer} 个工作日内转给劳动保障监察。"""


async def furnish(database: Database, city: Who, county: Who) -> int:
    """Write it once, as the city bureau and one county's; returns how many things were written."""
    top, below = city[1].trees[0], county[1].trees[0]
    async with database.begin(*city) as uow:
        for key, value in _PARAMETERS:
            await service.set_parameter(uow, top, key, value, MADE_UP)
    async with database.begin(*county) as uow:
        await texts.write(uow, below, "promises", _PROMISE, MADE_UP)
    for who, path in ((city, top), (county, below)):
        async with database.begin(*who) as uow:
            await directory.publish(uow, path)
    await figures.nightly(database)
    return len(_PARAMETERS) + 3
