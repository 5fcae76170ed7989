"""What anybody reads and says: the guide of services with its wall sheet (R099), a station's rating (R102); one's own matters."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, TooMany
from linggong.people.door_guards import address_of
from linggong.people.text import typed_code
from linggong.publishing import directory
from linggong.services import catalogue, codes, learn_queries, learning, queries, ratings
from linggong.services.ratings import RatingForm
from linggong.web import footer, pages
from linggong.web.refused import sent_back
from linggong.web.services.shown import AnyRequest, read
from rbac.permissions import Permission
from tenants import queries as places

Where = Annotated[str, QueryParameter(max_length=120)]
_FACES = [{"value": "5", "label": "5 很好"}, {"value": "4", "label": "4"}, {"value": "3", "label": "3 一般"}, {"value": "2", "label": "2"}, {"value": "1", "label": "1 很差"}]  # fmt: skip


class Guide(Controller):
    """What is done for people, what to bring, how long it takes."""

    path = "/guide"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork], county: Where = "") -> Response[bytes]:
        """All items."""
        return await _guide(request, uow, county, "guide.html")

    @get("/sheet", opt={"permission": Permission.PUBLIC_USE})
    async def sheet(self, request: AnyRequest, uow: NamedDependency[UnitOfWork], county: Where = "") -> Response[bytes]:
        """What hangs on the wall, with its version."""
        return await _guide(request, uow, county, "guide_sheet.html")


async def _guide(request: AnyRequest, uow: UnitOfWork, county: str, template: str) -> Response[bytes]:
    await footer.renew(request.app)
    known = await directory.places(uow)
    place = next((p for p in known if p.path == county), None) if county else next(iter(known), None)
    if county and place is None:
        raise Invalid([Fault("county", "没有这个县区，请从单子里选。", "place")])
    found = await catalogue.at(uow, place.path if place else "/")
    return pages.render(
        request,
        f"services/{template}",
        place_name=place.name if place else "",
        chosen="" if place is None or place.is_top else place.path,
        counties=[p for p in known if not p.is_top],
        groups=[
            {"title": words, "items": [one for one in found.items if one.kind == kind]}
            for kind, words in codes.ITEM_KINDS.items()
            if any(one.kind == kind for one in found.items)
        ],
        version=found.version,
        changed_at=found.changed_at,
    )


class Rate(Controller):
    """A station, rated by whoever stands in it."""

    path = "/rate"
    include_in_schema = False

    @get("/{node_id:uuid}", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID],
        v: Annotated[str, QueryParameter(max_length=20)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """Five lines of five."""
        found = await ratings.station(uow, node_id)
        return _rate(request, found.name, str(node_id), pages.form_state({"visit": typed_code(v)[:20]}))

    @post("/{node_id:uuid}", opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def send(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        secrets: NamedDependency[Secrets], node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Keep it and say thanks."""
        values = await pages.form_values(request)
        found = await ratings.station(uow, node_id)
        try:
            form = read(RatingForm, values)
            await ratings.by_qr(database, secrets, node_id, form, address_of(request))
        except Invalid as error:
            return _rate(request, found.name, str(node_id), pages.form_state(values, error), status=422)
        except (Conflict, TooMany) as error:
            return _rate(
                request, found.name, str(node_id), pages.form_state(values), status=error.status, fault=error.detail
            )
        return _rate(request, found.name, str(node_id), pages.form_state({}), done=True)


def _rate(
    request: AnyRequest, name: str, node_id: str, form: dict[str, Any], *, status: int = 200, fault: str = "", done: bool = False
) -> Response[bytes]:  # fmt: skip
    return pages.render(
        request, "services/rate.html", status=status, name=name, node_id=node_id, form=form, fault=fault, done=done,
        names=codes.DIMENSIONS, faces=_FACES,
    )  # fmt: skip


class MyServices(Controller):
    """A person's own matters and courses."""

    include_in_schema = False

    @get("/my/services", opt={"permission": Permission.PERSON_SELF})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """How far they are, and courses that he may still join."""
        joined = await learn_queries.my_courses(uow)
        known = {line.course_id for line in joined if line.state != "left"}
        found = await queries.mine(uow)
        return pages.render(
            request,
            "services/mine.html",
            found=found,
            stations={path: await places.node(uow, path) for path in {one.tenant for one in found}},
            joined=joined,
            today=clock.business_date(uow.now),
            courses=[one for one in await learn_queries.courses(uow, limit=30) if one.id not in known],
        )

    @get(["/my/courses", "/my/courses/{course_id:uuid}"], opt={"permission": Permission.PERSON_SELF})
    async def courses(self, request: AnyRequest) -> Response[bytes]:
        """Lead who signed in on the way to a course, or types the address, to his page."""
        return pages.redirect(request, "/my/services")

    @post("/my/courses/{course_id:uuid}", opt={"permission": Permission.PERSON_SELF})
    async def join(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], course_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Enrol."""
        async with sent_back(request, uow, "/my/services"):
            await learning.enrol_myself(uow, course_id)
        return pages.redirect(request, "/my/services", say="报上了。开班前驿站会叫您，不收钱。")

    @post("/my/courses/{course_id:uuid}/leave", opt={"permission": Permission.PERSON_SELF})
    async def leave(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], course_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Give one's seat back."""
        async with sent_back(request, uow, "/my/services"):
            await learning.leave_myself(uow, course_id)
        return pages.redirect(request, "/my/services", say="退掉了，名额让出来了。想来还可以再报。")
