"""What is refused of inspections and cards over HTTP comes back with the words of its field (R079, R120, R131)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY, STATION

from linggong.inspection.models import InspectionFinding
from tenants.models import Node

from .test_bureau import bureau as office


async def test_wrong_input_is_told_at_its_field(browsers: Browsers) -> None:
    """A day by its own field's name, a group of choices by its legend, a place that nobody chose in words."""
    bureau = await office(browsers, "county_bureau", COUNTY)
    drawn = await bureau.post("/bureau/inspections/draws", data={"kinds": "station", "places": "1", "hands": "2"})
    assert drawn.status_code == 422
    assert "哪天前查完：检查期限要在今天以后" in drawn.text
    planned = await bureau.post("/bureau/inspections", data={"kind": "planned", "due_on": "2026-03-20"})
    assert planned.status_code == 422
    assert "站点：请选检查哪个站点。" in planned.text
    async with browsers.city.database.system() as uow:
        site = await uow.session.scalar(sa.select(Node.id).where(Node.path == STATION))
    given = await bureau.post("/bureau/station-cards", data={"site": str(site), "words": "群众送锦旗"})
    assert given.status_code == 422
    assert "哪种牌：请选：奖励，还是黄牌。" in given.text
    await bureau.post(
        "/bureau/station-cards",
        data={
            "site": str(site),
            "colour": "yellow",
            "words": "安全出口堵了",
            "paper": "巡查记录",
            "demand": "清开再报",
        },
    )
    held = (await bureau.get("/bureau/station-cards", params={"site": str(site)})).text
    assert "有结果以前不能再亮黄牌，评不了十佳，星级最多两星；做得好的事仍然可以表扬" in held
    async with browsers.city.database.system() as uow:
        finding = await uow.session.scalar(sa.select(InspectionFinding.id))
    looked = {"words": "去看过了，还堵着", "due_on": "2026-04-01"}
    unsaid = await bureau.post(f"/rectifications/{finding}/recheck", data=looked)
    assert unsaid.status_code == 422
    assert "请选合格还是不合格" in unsaid.text, "a result that nobody chose is not taken for a failure"


@pytest.mark.parametrize(
    "page",
    [
        "/places",
        "/bureau/stations",
        "/bureau/stars",
        "/ledgers",
        "/ledgers/days",
        "/outreach/training",
        "/outreach/publicity",
    ],
)
async def test_a_citys_long_list_is_read_county_by_county(browsers: Browsers, page: str) -> None:
    """Seventy-nine places are long on a telephone: a city chooses one county; a county has nothing to choose, nor another's list."""
    city, county = await office(browsers, "city_bureau", "/4102/"), await office(browsers, "county_bureau", COUNTY)
    whole, one = (await city.get(page)).text, (await city.get(page, params={"path": OTHER_COUNTY})).text
    assert f'<option value="{OTHER_COUNTY}">' in whole
    assert f'<option value="{OTHER_COUNTY}" selected>' in one
    assert "兰阳街道零工驿站" not in one
    assert 'id="county-path"' not in (await county.get(page)).text
    assert (await county.get(page, params={"path": OTHER_COUNTY})).status_code == 404
