"""One post as anybody reads it, with what a worker may do next (R048, R049)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cover import queries as cover
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.geo import Point, metres
from linggong.market import board
from linggong.market.codes import INSURANCE_PAYER_LABELS
from linggong.market.views import BoardPostView, TraceLine
from linggong.people.models import Person
from linggong.trust import records
from linggong.web import cards, labels, pages
from linggong.web.cover import words as cover_words
from linggong.web.places import places
from linggong.web.portal import here
from linggong.web.ways import ways
from linggong.work import contacts, queries
from linggong.work.queries import WorkView
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_STAGES = {"A_INVITED": "invited", "A_APPLIED": "applied", "A_WAITLIST": "waitlist", "A_OFFERED": "offered"}
_WHAT = {
    "refreshed": "雇主说还在招人",
    "not_refreshed": "雇主一天没确认，自动下架",
    "understaffed": "到点人不够，没开工",
    "employer": "雇主取消",
    "weather": "天气原因取消",
    "authority": "政府叫停",
    "return_lapsed": "退回后没改，过期",
}


def order_ref(ref: str) -> str | UUID:
    """Return an id or a trace code, as the board takes them."""
    try:
        return UUID(ref)
    except ValueError:
        return ref


def history_line(line: TraceLine) -> dict[str, Any]:
    """Return a line of the public history in words (R048)."""
    known = _WHAT.get(line.what, "")
    return {"at": line.at, "text": known or labels.label_of(line.state)}


def _hours(terms: dict[str, Any], days: int) -> str:
    shift = terms["shifts"][0]
    meal = timedelta(minutes=int(shift["meal_minutes"] or 0))
    work = datetime.fromisoformat(shift["ends_at"]) - datetime.fromisoformat(shift["starts_at"]) - meal
    text = f"一天干 {work / timedelta(hours=1):g} 小时"
    if meal:
        text += f"，中间歇 {meal // timedelta(minutes=1)} 分钟"
    return f"连干 {days} 天，{text}" if days > 1 else text


def _demands(work: dict[str, Any]) -> str:
    ages = (work.get("min_age"), work.get("max_age"))
    parts = [
        f"{ages[0]} 到 {ages[1]} 岁"
        if all(ages)
        else f"{ages[0]} 岁以上"
        if ages[0]
        else f"{ages[1]} 岁以下"
        if ages[1]
        else "",
        "、".join(cards.CONDITIONS[c] for c in work.get("conditions", ()) if c in cards.CONDITIONS),
        "可以整班人来" if work.get("crew_allowed") else "",
        str(work.get("description") or ""),
    ]
    return "；".join(p for p in parts if p)


def job_of(view: BoardPostView, card: dict[str, Any]) -> dict[str, Any]:
    """Return the post with everything the page says of it: from the terms, because these are what is agreed."""
    post, terms = view.post, view.terms or {}
    shifts = terms.get("shifts") or []
    first_end = datetime.fromisoformat(shifts[0]["ends_at"]) if shifts else post.ends_at
    benefits = set(post.benefits)
    return card | {
        "end": first_end,
        "state": post.state,
        "address": post.place,
        "meet": "",
        "ways": ways(post.latitude, post.longitude, card["title"], post.place),
        "hours_text": _hours(terms, len(shifts)) if shifts else "",
        "pays_how": cards.channel_word(post.pay_channel),
        "meals": terms.get("meals") or ("管饭" if "meal" in benefits else "不管饭"),
        "ride": terms.get("ride") or ("有车接送" if "transport" in benefits else ""),
        "tools": terms.get("tools") or ("雇主给工具" if "tools" in benefits else ""),
        "rain_rule": terms.get("rain_rule", ""),
        "cancel_rule": terms.get("cancel_rule", ""),
        "insurance": ""
        if terms.get("insurance_payer", "none") == "none"
        else INSURANCE_PAYER_LABELS[terms["insurance_payer"]],
        "demands": _demands(terms.get("work") or {}),
        "contact_name": "",
        "contact_phone": "",
    }


def stage_of(view: BoardPostView, mine: WorkView | None, principal: Principal) -> str:
    """Return which of the page's steps fits: his own engagement first, then whether the post takes people."""
    if mine is not None and not mine.state.startswith("X_"):
        return _STAGES.get(mine.state, "confirmed")
    if view.listed and view.post.places_left > 0:
        return "anonymous" if principal.kind == "anonymous" else "open"
    return "full" if view.post.places_left == 0 and view.post.state in ("O_OPEN", "O_FULL", "O_LOCKED") else "closed"


class OrderPage(Controller):
    """One post."""

    include_in_schema = False

    @get("/orders/{ref:str}", opt={"permission": Permission.BOARD_READ})
    async def order(
        self,
        request: AnyRequest,
        ref: FromPath[str],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Show a post by trace code or id, listed or not; the telephone opens to a confirmed worker only."""
        view = await board.board_post(database, order_ref(ref))
        place, cookies = await here.known(request, database, principal)
        mine = await queries.my_engagement(uow, view.post.order_id) if principal.kind == "worker" else None
        stage = stage_of(view, mine, principal)
        job = job_of(view, cards.card(view.post, await places(database)))
        if place is not None and view.post.latitude is not None and view.post.longitude is not None:
            job["distance_m"] = metres(place.point, Point(view.post.latitude, view.post.longitude))
        if principal.kind == "worker":
            person = await uow.session.get(Person, uow.actor.id)
            told = await cover.told(uow, view.post.order_id, None if person is None else person.birth_date)
            job["insurance"] = cover_words.told(told) or job["insurance"]
        if stage == "confirmed" and mine is not None:
            with suppress(Conflict, NotFound):
                job["contact_name"], job["contact_phone"] = await contacts.own_job_contact(uow, secrets.sealer, mine.id)
        level = view.post.employer_level
        record = await records.of_post(uow, view.post.order_id)
        if record.same_day:
            job["tags"] = [*job["tags"], "今日结"]
        response = pages.render(
            request,
            "portal/order.html",
            job=job,
            employer={
                "name": view.post.employer_name,
                "kind": "",
                "verified": level > 0,
                "verified_text": "驿站看过证件" if level > 1 else "号码核对过",
                "paid_on_time_text": record.words if record.due else "",
                "arrears_text": f"这家还欠{record.open}笔工钱没付，想清楚再报名" if record.open else "",
                "stars": record.rating,
            },
            history=[history_line(line) for line in view.history],
            stage=stage,
            sound=f"/orders/{view.post.trace_code}/say.wav",
            mine=None
            if mine is None
            else {
                "engagement_id": str(mine.id),
                "state": mine.state,
                "reply_by": None,
                "queue_no": mine.queue_no,
                "price_fen": mine.pay_fen,
                "price_unit": job["pay_unit"],
                "terms_version": str(mine.terms_version or ""),
                "action_url": f"/engagements/{mine.id}",
            },
        )
        response.cookies.extend(cookies)
        return response
