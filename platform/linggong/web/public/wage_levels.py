"""工资价位, for everybody: what an hour of settled work paid, by trade, county and month (M09, R138)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.measures.shape import EMPLOYERS_LEAST, PERSONS_LEAST
from linggong.publishing import directory, wage_levels
from linggong.publishing.wage_levels import LevelView
from linggong.web import footer, pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
Word = Annotated[str, QueryParameter(max_length=60)]


class WageLevelsPage(Controller):
    """The page of wages."""

    path = "/wage-levels"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], at: Word = "", month: Word = ""
    ) -> Response[bytes]:
        """The latest month of the city, or the place and month asked for."""
        await footer.renew(request.app)
        places = await directory.places(uow)
        counted = await wage_levels.months(uow)
        place = next((p for p in places if p.path == at), None) if at else next(iter(places), None)
        chosen = next((m for m in counted if f"{m:%Y-%m}" == month), None) if month else next(iter(counted), None)
        if (at and place is None) or (month and chosen is None):
            raise Invalid(
                [
                    Fault(
                        "at" if at and place is None else "month",
                        "没有这个地方或这个月的数据，请从单子里选。",
                        "choice",
                    )
                ]
            )
        found = await wage_levels.told(uow, place.path, chosen) if place and chosen else []
        return pages.render(
            request, "public/wage_levels.html",
            places=[{"value": p.path, "label": p.name, "on": p is place} for p in places],
            months=[{"value": f"{m:%Y-%m}", "label": _month(m), "on": m == chosen} for m in counted],
            place=place.name if place else "", until=found[0].until if found else None,
            lines=[_line(one) for one in found], persons=PERSONS_LEAST, employers=EMPLOYERS_LEAST,
        )  # fmt: skip


def _month(day: date) -> str:
    return f"{day.year}年{day.month}月"


def _line(one: LevelView) -> dict[str, str]:
    def yuan(fen: int) -> str:
        return f"{fen / 100:.1f}"

    return {
        "name": one.name, "p10": yuan(one.p10), "middle": f"{yuan(one.p25)}–{yuan(one.p75)}", "p50": yuan(one.p50),
        "p90": yuan(one.p90), "day": f"{one.day_fen // 100}", "persons": str(one.persons), "employers": str(one.employers),
    }  # fmt: skip


CONTROLLERS: list[Any] = [WageLevelsPage]
