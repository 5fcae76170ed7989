"""Every first screen: who opens it, at which address, on a screen of which size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from linggong.demo import hall, sign_ins
from linggong.market.models import Order
from linggong.people import notices
from linggong.people.models import Contact, OutMessage, Worker

from .city import MOMENT, City, person_of

PHONE, DESK, WALL = (390, 844), (1366, 768), (1920, 1080)
WORKER, BOSS, AGENCY = sign_ins.WORKERS[0].phone, sign_ins.EMPLOYER.phone, sign_ins.AGENCY.phone
Path = str | Callable[[City], str]


@dataclass(frozen=True)
class Shot:
    """One picture. `scroll`: an element that is brought to the top; `big`: 大字版."""

    name: str
    who: str
    path: Path
    size: tuple[int, int]
    big: bool = False
    scroll: str = ""
    before: Callable[[Any], None] | None = None


def open_order(city: City) -> str:
    code = city.one(
        sa.select(Order.trace_code)
        .where(Order.state == "O_OPEN", Order.starts_at > MOMENT, Order.headcount > Order.confirmed)
        .order_by(Order.headcount.desc(), Order.id)
        .limit(1)
    )
    return f"/orders/{code}"


def _boss_order(city: City) -> str:
    person = person_of(city, BOSS)
    found = city.one(
        sa.text(
            "SELECT o.id FROM orders o JOIN employer_members m ON m.employer_id = o.employer_id WHERE m.person_id = :p "
            "AND o.starts_at > :from ORDER BY o.confirmed DESC, o.starts_at DESC, o.id LIMIT 1"
        ).bindparams(p=person, **{"from": MOMENT - timedelta(hours=20)})
    )
    return f"/employer/orders/{found}"


def _poster(city: City) -> str:
    code = open_order(city).rpartition("/")[2]
    return f"/share/orders/{code}"


def _played(city: City) -> str:
    """The plain telephone that got a message last."""
    city.run(notices.send(city.database, city.secrets.sealer))
    contact = city.one(
        sa.select(Contact.id)
        .join(OutMessage, OutMessage.number_index == Contact.number_index)
        .join(Worker, Worker.person_id == Contact.person_id)
        .where(Contact.ended_at.is_(None), Contact.kind != "station")
        .order_by(Worker.phone_kind == "smart", OutMessage.created_at.desc(), Contact.id)
        .limit(1)
    )
    return f"/dev/phone?c={contact}" if contact else "/dev/phone"


SHOTS: tuple[Shot, ...] = (
    Shot("board", "", "/", PHONE),
    Shot("board-large-letters", "", "/", PHONE, big=True),
    Shot("board-pc", "", "/", DESK),
    Shot("worker-board", WORKER, "/", PHONE),
    Shot("worker-order", WORKER, open_order, PHONE),
    Shot("worker-jobs", WORKER, "/my/jobs", PHONE),
    Shot("worker-wages", sign_ins.WORKERS[1].phone, "/my/wages", PHONE),
    Shot("worker-me", WORKER, "/me", PHONE),
    Shot("employer", BOSS, "/employer", PHONE),
    Shot("employer-pc", BOSS, "/employer", DESK),
    Shot("employer-order", BOSS, _boss_order, PHONE),
    Shot("employer-new", BOSS, "/employer/orders/new", PHONE),
    Shot("agency", AGENCY, "/employer/agency", DESK),
    Shot("desk", "clerk", "/desk", DESK),
    Shot("kiosk", "", f"/kiosk/{hall.token('clerk', 'kiosk')}", DESK),
    Shot("wall", "", f"/screen/{hall.token('clerk', 'wall')}", WALL),
    Shot("share-poster", "clerk", _poster, (1366, 1290)),
    Shot("street", "street", "/home", DESK),
    Shot("county-operator", "operator", "/home", DESK),
    Shot("county-bureau", "county", "/home", DESK),
    Shot("city-bureau", "city", "/home", WALL),
    Shot("auditor", "auditor", "/home", DESK),
    Shot("mediator", "mediator", "/home", DESK),
    Shot("insurer", "insurer", "/home", DESK),
    Shot("department", "department", "/home", DESK),
    Shot("keypad-phone", "", _played, DESK),
    Shot("stations", "", "/stations?county=/4102/02/", PHONE),
    Shot("stations-pc", "", "/stations", DESK),
    Shot("rules", "", "/rules", PHONE),
    Shot("figures", "", "/figures", PHONE),
    Shot("figures-pc", "", "/figures", DESK),
    Shot("publishing", "city", "/office/site", DESK),
    Shot("sign-in", "", "/sign-in", PHONE),
)
