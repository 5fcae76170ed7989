"""The clerk's first screen: who waits, what is short of people, Enter brings them together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.cases import queries as cases
from linggong.cases.queries import CaseLine
from linggong.contracts import counter, signing, slips
from linggong.insight import desk
from linggong.insight.desk import DeskCounts, WaitingWorker
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.money import format_yuan
from linggong.ledgers import daily, reports
from linggong.market import helping
from linggong.people.reveals import Reached, Revealed
from linggong.push import moving
from linggong.push import views as gaps
from linggong.services import help_queries
from linggong.services import queries as services
from linggong.stations import queries as hall
from linggong.stations.queries import TicketView
from linggong.web import cards, homes, menus, pages
from linggong.web.refused import sent_back
from linggong.work import queries
from linggong.work.queries import TodayOrder
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

AnyRequest = Request[Any, Any, Any]
_AT_A_STATION = (Role.STATION_CLERK, Role.STATION_MANAGER)
_PEOPLE, _ORDERS, _STRIP = 60, 60, 8
_FILL_UNTIL = timedelta(minutes=30)
"""Later than this after its start an order takes nobody any more; the loop itself decides by the place's parameter."""


def trade_words(codes: list[str]) -> str:
    """Return trades in the words of the roadside, three at most."""
    return "、".join(cards.trade_word(code) for code in codes[:3])


def forgetting(now: datetime, href: str, *seen: Reached | Revealed | None) -> dict[str, Any] | None:
    """Return when a page that shows a number must go back to the one without; None when it shows none."""
    until = min((s.until for s in seen if s is not None), default=None)
    return None if until is None else {"seconds": max(1, int((until - now).total_seconds())), "href": href}


def _waiting(worker: WaitingWorker, now: datetime) -> dict[str, Any]:
    today = clock.business_date(worker.came_at) == clock.business_date(now)
    return {
        "id": str(worker.id),
        "name": worker.name,
        "sub": f"{trade_words(worker.trades)} · {worker.sex} {worker.age}岁",
        "waited_min": max(0, int((now - worker.came_at).total_seconds() // 60)) if today else None,
        "tag": "等回话" if worker.asked else "",
        "number": worker.number,
        "ticket": str(worker.ticket_id or ""),
        "called": worker.called,
        "late": worker.late,
    }


def _unknown(ticket: TicketView, now: datetime) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "ticket": str(ticket.id),
        "waited_min": max(0, int((now - ticket.came_at).total_seconds() // 60)),
        "called": ticket.state == "called",
        "late": ticket.late,
    }


def _order(order: TodayOrder) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "href": f"/desk/orders/{order.id}",
        "title": order.title,
        "pay_fen": order.pay_fen,
        "pay_unit": cards.unit_word(order.pay_unit),
        "settlement": cards.settlement_word(order.settlement),
        "start": order.starts_at,
        "end": order.ends_at,
        "place": order.place,
        "wanted": order.headcount,
        "taken": order.confirmed,
    }


def _strip(
    counts: DeskCounts, helped: int, filling: int, coming: int, open_cases: list[CaseLine], late: int, contacts: int
) -> list[dict[str, Any]]:
    def item(label: str, number: int, tone: str, href: str) -> dict[str, Any]:
        return {"label": label, "number": number, "tone": tone if number else "", "href": href}

    reviews_late, asks = counts.reviews_late, counts.refresh + counts.call_backs
    return [
        *([item("正在叫人顶上", filling, "danger", "/desk/dispatch")] if filling else []),
        item(
            "等审核" if not reviews_late else f"等审核，{reviews_late} 个超时", counts.reviews, "wait", "/desk/review"
        ),
        item("要打的电话", counts.calls, "wait", "/desk/calls"),
        *([item("问还招不招、回访", asks, "wait", "/desk/orders?show=calls")] if asks else []),
        *(
            [item(_clock(open_cases), len(open_cases), "danger" if open_cases[0].is_late else "wait", "/desk/cases")]
            if open_cases
            else []
        ),
        *([item("服务事项超时", late, "danger", "/desk/services?show=late")] if late else []),
        *([item("帮扶要联系", contacts, "wait", "/desk/assist?show=due")] if contacts else []),
        item("等认定完工", counts.to_accept, "wait", "/desk/orders?show=work"),
        item("该付没付清", counts.unpaid, "danger", "/desk/wages"),
        *([item("别的驿站缺人", helped, "wait", "/desk/help")] if helped else []),
        *([item("别站转来，在路上", coming, "wait", "/desk/moves")] if coming else []),
        item("今天到岗", counts.arrived, "go", "/desk/orders?show=work"),
    ]


def _one_row(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what is nothing to do, from the end, while there is more than a row: the people who wait stand below it."""
    spare = len(items) - _STRIP
    for item in [item for item in reversed(items) if not item["number"]][: max(spare, 0)]:
        items.remove(item)
    return items


async def _cases(uow: UnitOfWork) -> list[CaseLine]:
    """Return the open disputes, the clock that runs out first on top."""
    found = (await cases.cases_page(uow, which="open", cursor=None, limit=50)).items
    return sorted(found, key=lambda c: (not c.is_late, c.next_due_at is None, c.next_due_at or c.created_at))


async def _owed(uow: UnitOfWork, principal: Principal) -> list[dict[str, Any]]:
    """Return what the station owes in writing: a day that nobody signed is seen the next morning (R091), and so is a month's report (R094)."""
    if principal.acting.role not in _AT_A_STATION or uow.actor.post is None:
        return []
    found = []
    if missing := await daily.missing(uow, uow.actor.post):
        label = f"{missing[0].month}月{missing[0].day}日的日志没签" if len(missing) == 1 else "天的日志没签"
        found.append({"label": label, "number": len(missing), "tone": "danger", "href": "/ledgers/days"})
    if due := await reports.due_here(uow, uow.actor.post):
        late = any(one.late_days for one in due)
        label = "月报没签，迟了" if late else "月报等您签"
        found.append({"label": label, "number": len(due), "tone": "danger" if late else "wait", "href": "/reports"})
    return found


def _clock(open_cases: list[CaseLine]) -> str:
    """Say of the open disputes which clock runs out first, or that some have."""
    late = sum(c.is_late for c in open_cases)
    due = open_cases[0].next_due_at
    if late or due is None:
        return f"纠纷，{late} 件超时" if late else "纠纷"
    moment = clock.shanghai(due)
    today = clock.business_date(due) == clock.business_date(clock.now())
    when = f"{moment:%H:%M} " if today else f"{moment.month}月{moment.day}日"
    return f"纠纷，{when}要{open_cases[0].next_due}"


def _diary(counts: DeskCounts) -> str:
    words = f"今天登记 {counts.registered} 人，派工 {counts.placed} 人次，到岗 {counts.arrived} 人次"
    if counts.unpaid:
        words += f"；到今天还有 {counts.unpaid} 笔工钱没付清，共 {format_yuan(counts.unpaid_fen)} 元"
        words += f"，其中 {counts.overdue} 笔已逾期" if counts.overdue else ""
    return words + "。"


class Home(Controller):
    """The desk."""

    path = "/desk"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        worker: Annotated[UUID | None, QueryParameter()] = None,
        order: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:
        """Waiting people on the left, orders short of people on the right."""
        counts = await desk.desk_counts(uow)
        workers = await desk.waiting(uow, limit=_PEOPLE + 1, also=worker)
        orders = await queries.orders_of_day(uow, open_only=True, limit=300)
        short = [o for o in orders if o.confirmed < o.headcount and o.starts_at + _FILL_UNTIL > uow.now]
        if order is not None:
            short.sort(key=lambda o: o.id != order)
        listed = {o.id for o in short[:_ORDERS]}
        return menus.render(
            request,
            principal,
            "desk/home.html",
            strip=_one_row(
                [
                    *await _owed(uow, principal),
                    *_strip(
                        counts,
                        await helping.waiting(uow),
                        await gaps.running(uow),
                        await moving.coming(uow),
                        await _cases(uow),
                        await services.late_count(uow),
                        await help_queries.due_count(uow),
                    ),
                ]
            ),
            waiting=[_waiting(w, uow.now) for w in workers[:_PEOPLE]],
            unknown=[_unknown(t, uow.now) for t in await hall.unknown(uow)],
            orders=[_order(o) for o in short[:_ORDERS]],
            picked_worker=str(worker) if worker in {w.id for w in workers} else "",
            picked_order=str(order) if order in listed else "",
            waiting_more="/desk/people" if len(workers) > _PEOPLE else "",
            orders_more="/desk/orders?show=short" if len(short) > _ORDERS else "",
            diary=_diary(counts),
            share_href=f"/share/stations/{principal.acting.node_id}" if principal.acting.role in _AT_A_STATION else "",
        )

    @post("/match", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def match(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Hire the chosen worker for the chosen order: both are at the counter or on the telephone (12, 17, 18, 20)."""
        if not principal.is_staff:
            raise NotFound
        values = await pages.form_values(request)
        try:
            order_id, worker_id = UUID(str(values.get("order", ""))), UUID(str(values.get("worker", "")))
        except ValueError:
            return pages.redirect(request, "/desk", say="请左边选一个人，右边选一个活。", kind="warn")
        back = f"/desk?order={order_id}&worker={worker_id}"
        async with sent_back(request, uow, back, NotFound, before="没派成："):
            row = await counter.hire(uow, order_id, worker_id)
            photo = await _photo(values)
            if photo:
                await slips.attach(uow, row.id, photo)
        later = "签字纸条的照片也存了。" if photo else "今天把签字纸条的照片补上。"
        words = f"{row.worker_name}派好了：价钱说定，约也签了。{later}"
        if row.state != "A_CONTRACTED":
            words = f"{row.worker_name}定下了。{await signing.waits_for(uow, row) or ''}"
        if row.single_witness:
            words += "两边都是您一人办的，请同事 24 小时内打个回访电话。"
        return pages.redirect(request, f"/desk?order={order_id}", say=words)


async def _photo(values: dict[str, Any]) -> bytes:
    found = values.get("photo")
    return await found.read() if isinstance(found, UploadFile) else b""


class Landing(Controller):
    """The first page of whoever is signed in."""

    include_in_schema = False

    @get("/home", opt={"permission": Permission.SESSION_USE})
    async def page(self, request: AnyRequest, principal: NamedDependency[Principal]) -> Response[bytes]:
        """Lead to the first page of the acting post, or of a worker or employer."""
        return pages.redirect(request, homes.home_of(principal))
