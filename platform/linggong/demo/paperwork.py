"""What the made-up people fill in: registrations and posts."""

from __future__ import annotations

from linggong.demo.planned import PlannedEmployer, PlannedOrder, PlannedWorker
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement
from linggong.market.forms import OrderForm
from linggong.matching.certificates import names, needed
from linggong.people.forms import AgentForm, EmployerForm, WorkerForm


def quantity(order: PlannedOrder, n: int) -> float | None:
    """Return how many pieces the n-th worker of a post makes; None where pay is not by the piece."""
    piece = order.text.template.piece
    return None if piece is None else float(round(piece[1] * (0.85 + 0.05 * ((n * 7 + len(order.key)) % 6))))


def home(worker: PlannedWorker) -> str | None:
    """Return where a worker lives: a village that his desk serves, or any of the county; one in twelve left it empty."""
    near = [v for v in worker.county.villages if v.street == worker.desk.street] or worker.county.villages
    return None if worker.key % 12 == 5 else near[worker.key % len(near)].code12


def worker_form(worker: PlannedWorker) -> WorkerForm:
    """Return the filled-in registration of a worker."""
    return WorkerForm(
        name=worker.name,
        id_number=worker.id_number,
        contact_kind=worker.contact,  # type: ignore[arg-type]
        phone=worker.phone,
        contact_note=worker.note,
        relative_may_sign_in=worker.contact == "relative",
        trades=worker.trades,
        skill_level=worker.skill,
        # Four of five have the paper that their trade needs on file; every third man has worked at height.
        certificates=[
            *([names(needed(worker.trades[0], ()))] if worker.key % 5 and needed(worker.trades[0], ()) else []),
            *(["高处作业证"] if worker.key % 3 == 0 else []),
        ],
        pay_fen=worker.pay_fen,
        pay_unit=worker.pay_unit,  # type: ignore[arg-type]
        radius_km=10 if worker.online else 5,
        transport="ebike" if worker.key % 3 else "tricycle",
        phone_kind="smart" if worker.online else "feature" if worker.phone else "none",
        needs_voice=not worker.online,
        home_division_code=home(worker),
        card_seen=True,
    )


def employer_form(employer: PlannedEmployer) -> EmployerForm:
    """Return the filled-in registration of an employer."""
    agent = None
    if employer.agent is not None:
        name, number = employer.agent
        agent = AgentForm(name=name, id_number=number, phone=employer.phone, card_seen=True)
    return EmployerForm(
        kind=employer.kind,  # type: ignore[arg-type]
        name=employer.name,
        uscc=employer.number if employer.agent else "",
        id_number="" if employer.agent else employer.number,
        contact_name=employer.contact_name,
        phone=employer.phone,
        address=f"{employer.county.name}{employer.village.street_name}{employer.village.name}",
        division_code=employer.village.code12,
        licence_seen=employer.key % 5 != 0,
        agent=agent,
    )


def order_form(order: PlannedOrder) -> OrderForm:
    """Return the filled-in form of a post."""
    text, template = order.text, order.text.template
    short = text.end - text.start <= 240
    weekly = text.settlement is Settlement.WEEKLY
    point = order.desk.point or order.county.point
    return OrderForm(
        title=text.title,
        trade_code=order.trade_code,
        headcount=text.headcount,
        place=text.place,
        division_code=order.village.code12,
        latitude=round(point[0] + order.nudge[0], 4),
        longitude=round(point[1] + order.nudge[1], 4),
        starts_at=order.starts,
        ends_at=order.ends,
        last_date=order.last_date,
        meal_minutes=text.meal,
        pay_fen=text.pay_fen,
        pay_unit=template.unit,
        minutes_per_gong=480 if template.unit is PayUnit.GONG else None,
        pieces_per_day=template.piece[1] if template.piece else None,
        piece_name=template.piece[0] if template.piece else None,
        settlement=text.settlement,
        choice_of_settlement=weekly or None,
        pay_channel=PayChannel(order.pay_channel),
        job_form=JobForm.PART_TIME if short else JobForm.PHASED if order.days > 1 else JobForm.TEMPORARY,
        legal_form=LegalForm.NON_FULL_TIME if short else LegalForm.SERVICE,
        conditions=list(template.conditions),  # type: ignore[arg-type]
        benefits=list(template.benefits),  # type: ignore[arg-type]
        meals="管一顿饭" if "meal" in template.benefits else None,
        ride="村口有车接送" if "transport" in template.benefits else None,
        tools=template.tools or None,
        insurance_payer="employer" if "insurance" in template.benefits else "none",
        contact_name=order.employer.contact_name,
        contact_phone=order.employer.phone,
        description=text.description,
        source_channel=order.channel,  # type: ignore[arg-type]
    )
