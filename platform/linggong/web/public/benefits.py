"""Training and policies: what workers get and how, what they want to learn; where county and city write it, where stations see it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people import training
from linggong.people.forms import SKILL_LEVELS
from linggong.publishing import benefits, directory
from linggong.publishing.benefits import KIND_WORDS, BenefitForm, BenefitView
from linggong.services import learn_queries
from linggong.web import menus, pages
from linggong.web.places import places
from linggong.web.portal.own import trade_word
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_LEARNED = ("电工", "焊工", "家政月嫂", "养老护理", "厨师", "叉车", "电商直播", "种植养殖")
"""What is taught most; whoever wants something else writes it."""


class Training(Controller):
    """What a worker reads, and says."""

    path = "/training"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        county: Annotated[str, QueryParameter(max_length=60)] = "",
    ) -> Response[bytes]:
        """The policies that hold, of the whole city or of one county; a worker's own wish."""
        return await _page(request, database, principal, county)

    @get("/policies/{benefit_id:uuid}", opt={"permission": Permission.PUBLIC_USE})
    async def policy(
        self, request: AnyRequest, database: NamedDependency[Database], benefit_id: FromPath[UUID]
    ) -> Response[bytes]:
        """One policy, to be read; counted (R104)."""
        return await _policy(request, database, benefit_id, "read")

    @get("/policies/{benefit_id:uuid}/sheet", opt={"permission": Permission.PUBLIC_USE})
    async def policy_sheet(
        self, request: AnyRequest, database: NamedDependency[Database], benefit_id: FromPath[UUID]
    ) -> Response[bytes]:
        """One policy on a sheet of paper, to be taken home or put on the wall; counted."""
        return await _policy(request, database, benefit_id, "print")

    @post("/wish", opt={"permission": Permission.PERSON_SELF})
    async def wish(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """What I want to learn."""
        values = await pages.form_values(request)
        picked = values.get("pick", [])
        words = "、".join(
            [*(picked if isinstance(picked, list) else [str(picked)]), str(values.get("wish", "")).strip()]
        )
        async with filled(request, uow, lambda _: _page(request, database, principal, ""), values):
            await training.say(uow, words.strip("、"))
        return pages.redirect(request, "/training", say="记下了。有班开，驿站会叫您。")


async def _policy(
    request: AnyRequest, database: Database, benefit_id: UUID, what: Literal["read", "print"]
) -> Response[bytes]:
    async with database.system() as uow:
        found = await benefits.one(uow, benefit_id)
        await benefits.count(uow, found, what)
        today = clock.business_date(uow.now)
    return pages.render(request, "public/policy.html", one=_item(found, today), is_sheet=what == "print")


async def _page(request: AnyRequest, database: Database, principal: Principal, county: str) -> Response[bytes]:
    known = await places(database)
    chosen = county if county in known.names else ""
    async with database.begin(Actor(kind="anonymous"), read_only=True) as uow:
        found = await benefits.in_force(uow, chosen or None)
        courses = await learn_queries.courses(uow, chosen or None, limit=30)
        today = clock.business_date(uow.now)
    wish = None
    if principal.kind == "worker":
        async with database.begin(principal.actor(), read_only=True) as uow:
            wish = await training.my_wish(uow)
    said = [w.strip() for w in (wish or "").split("、") if w.strip()]
    return pages.render(
        request,
        "public/training.html",
        counties=[{"label": "全市", "href": "/training", "on": not chosen}]
        + [{"label": c["label"], "href": f"/training?county={c['value']}", "on": c["value"] == chosen} for c in known.counties],
        groups=[
            {"title": words, "items": [_item(b, today) for b in found if b.kind == kind]}
            for kind, words in KIND_WORDS.items()
            if any(b.kind == kind for b in found)
        ],
        courses=courses,
        wish=wish,
        picks=[{"value": w, "on": w in said} for w in _LEARNED],
        other="、".join(w for w in said if w not in _LEARNED),
        most=training.MOST,
    )  # fmt: skip


def _item(one: BenefitView, today: Any) -> dict[str, Any]:
    left = None if one.valid_to is None else (one.valid_to - today).days
    return {
        "id": str(one.id), "title": one.title, "who": one.who, "what": one.what, "how": one.how, "phone": one.phone, "place": one.place,
        "source": one.source, "until": one.valid_to, "soon": left if left is not None and left <= 30 else None,
    }  # fmt: skip


class Wishes(Controller):
    """What the people of a station want to learn."""

    include_in_schema = False

    @get("/desk/training", opt={"permission": Permission.PERSON_READ})
    async def wishes(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The list, the latest first, and how many want what."""
        found = await training.wishes(uow)
        counts: dict[str, int] = {}
        for one in found:
            for word in {w.strip() for w in one.wish.split("、") if w.strip()}:
                counts[word] = counts.get(word, 0) + 1
        return menus.render(
            request,
            principal,
            "desk/training.html",
            counts=sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:12],
            wishes=[
                {
                    "href": f"/desk/people/{w.person_id}", "name": w.name, "wish": w.wish, "at": w.said_at,
                    "trades": "、".join(trade_word(code) for code in w.trades[:3]),
                    "level": SKILL_LEVELS[w.skill_level] if w.skill_level < len(SKILL_LEVELS) else "",
                }
                for w in found
            ],
        )  # fmt: skip


class Benefits(Controller):
    """Where county and city write their policies for workers."""

    path = "/office/benefits"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SITE_PUBLISH})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What is written, and the form for another one."""
        return await _office(request, principal, uow)

    @post("/", opt={"permission": Permission.SITE_PUBLISH})
    async def write(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Publish a policy."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_office, request, principal), values):
            await benefits.write(uow, _form(values))
        return pages.redirect(request, "/office/benefits", say="公布了，零工在“培训和政策”里能看到。")

    @post("/{benefit_id:uuid}", opt={"permission": Permission.SITE_PUBLISH})
    async def change(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        benefit_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Write one anew."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_office, request, principal), values):
            await benefits.write(uow, _form(values), benefit_id)
        return pages.redirect(request, "/office/benefits", say="改好了。")

    @post("/{benefit_id:uuid}/end", opt={"permission": Permission.SITE_PUBLISH})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], benefit_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take one off."""
        async with sent_back(request, uow, "/office/benefits", kind="warn"):
            await benefits.end(uow, benefit_id)
        return pages.redirect(request, "/office/benefits", say="停了，公开页面上不再显示。")


def _form(values: Mapping[str, Any]) -> BenefitForm:
    return pages.convert(BenefitForm, {k: v for k, v in values.items() if k in BenefitForm.__struct_fields__})


async def _office(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    known = [p for p in await directory.places(uow) if uow.scope.covers(p.path)]
    if not known:
        raise NotFound
    found = await benefits.written(uow)
    return menus.render(
        request,
        principal,
        "office/benefits.html",
        places=[{"value": p.path, "label": p.name} for p in known],
        kinds=[{"value": key, "label": words} for key, words in KIND_WORDS.items()],
        live=[b for b in found if not b.ended],
        over=[b for b in found if b.ended],
        counts=await benefits.counted(uow, [b.id for b in found]),
    )


CONTROLLERS: list[Any] = [Training, Wishes, Benefits]
