"""Writing an order: kept, changed, repeated, submitted, cancelled (transitions 1, 2, 5, 29, 30, 32, 34; R045, R051)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import msgspec

from linggong.kernel import clock, timers
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.machine import NEW
from linggong.kernel.paths import ROOT, tenant_path
from linggong.market import fraud, gates, happenings, queries, review
from linggong.market.forms import (
    FIELDS,
    OrderForm,
    Policy,
    changed,
    check,
    draft_faults,
    faults_of,
    fill,
    form_of,
    merged,
    noted,
    phone_place,
    policy_at,
    snapshot,
)
from linggong.market.machine import ORDER
from linggong.market.models import Order
from linggong.market.queries import OrderEmployer
from linggong.people import reveals
from linggong.people.reveals import Reached
from rbac.roles import hand

CANCEL_REASONS = {"employer": "cancel", "weather": "cancel_weather", "authority": "cancel_authority"}
"""Why an order is cancelled, with the event (29 and 30, 32, 34)."""

_NO_PLACE = Fault("division_code", "这里没有这个村或社区，请从列表里选", "division")


async def create_order(
    uow: UnitOfWork,
    sealer: Sealer,
    form: OrderForm,
    *,
    employer_id: UUID,
    tenant: str | None = None,
    submit: bool = False,
    repeat_of: UUID | None = None,
    asks_former: bool = False,
    rescheduled_from: UUID | None = None,
) -> Order:
    """Keep a post as a draft, or submit it at once (transition 1, then 2).

    Without `tenant` the order goes to the station that serves its place. Staff write for an employer whom they serve.
    `asks_former`: whoever finished work on the order that it repeats is invited first. That order is the same employer's.
    Raises Invalid with every fault (a draft: with every fault of form), NotFound for an employer or node that the actor
    may not see, Conflict for an employer who may not post.
    """
    if uow.actor.kind == "employer" and employer_id != uow.actor.employer_id:
        raise NotFound
    employer = await queries.employer_for_order(uow, employer_id)
    await may_post(uow, employer)
    known = await queries.nodes_of_codes(uow, [form.division_code] if form.division_code else [])
    path = await _node_of(uow, tenant, known.get(form.division_code or ""))
    policy = await policy_at(uow, path or ROOT)
    if path is None:
        # Without a place there is no node; the other faults of the form are told all the same.
        raise Invalid(faults_in(form, policy, uow, submit=submit, known=known) or [_NO_PLACE])
    order = draft(uow, sealer, form, employer, path, policy, submit=submit, known=known)
    if repeat_of is not None and (await queries.order(uow, repeat_of)).employer_id != employer_id:
        raise NotFound
    order.repeat_of, order.rescheduled_from = repeat_of, rescheduled_from
    order.asks_former = asks_former and repeat_of is not None
    uow.session.add(order)
    await happenings.serve(uow, order)
    await happenings.tell(
        uow,
        order,
        "order.created",
        made=ORDER.step(NEW, "create", hand(uow.actor.kind, uow.actor.role)),
        channel=order.source_channel,
        repeat_of=str(repeat_of) if repeat_of else None,
    )
    if submit:
        await _hand_in(uow, sealer, order, employer, policy)
    return order


def draft(
    uow: UnitOfWork,
    sealer: Sealer,
    form: OrderForm,
    employer: OrderEmployer,
    path: str,
    policy: Policy,
    *,
    submit: bool,
    known: Iterable[str],
) -> Order:
    """Return a new order in O_DRAFT made from a checked form; raises Invalid with every fault. Writes nothing."""
    faults = faults_in(form, policy, uow, submit=submit, known=known)
    if faults:
        raise Invalid(faults)
    actor = uow.actor
    order = Order(
        id=new_id(),
        tenant=path,
        employer_id=employer.id,
        state="O_DRAFT",
        trace_code=short_code(),
        employer_name=employer.name,
        employer_level=employer.level,
        source_channel="web" if actor.kind == "employer" else "desk",
        created_by=actor.id if actor.id != NOBODY else None,
        created_by_kind=actor.kind,
        created_at=uow.now,
        confirmed=0,
        terms_version=0,
        hiring=True,
        findings=[],
        search_tokens="",
        review_note="",
        end_reason="",
    )
    fill(order, form, sealer, policy)
    return order


def faults_in(form: OrderForm, policy: Policy, uow: UnitOfWork, *, submit: bool, known: Iterable[str]) -> list[Fault]:
    """Return every fault of a form: those of form for a draft, all of them for a submission."""
    findings = check(form, policy.rules, now=clock.shanghai(uow.now))
    faults = faults_of(findings) if submit else draft_faults(findings)
    if form.division_code and not any(f.field == "division_code" for f in faults) and form.division_code not in known:
        faults.append(_NO_PLACE)
    return faults


async def may_post(uow: UnitOfWork, employer: OrderEmployer) -> None:
    """Raise Conflict when the employer may not post: not verified (1), restricted, closed, or a gate says so (64)."""
    if employer.status != "active":
        raise Conflict("这个用工主体现在不能发布用工，请到县零工市场问清原因。")
    if employer.level < 1:
        raise Conflict("用工主体还没有核实，请先到驿站出示营业执照或身份证核实，再发布。")
    await gates.pass_posting(uow, employer.id)


async def _node_of(uow: UnitOfWork, tenant: str | None, place: str | None) -> str | None:
    """Return the node that the order belongs to, None without a known place; raises NotFound for one outside the actor's scope."""
    if tenant is not None:
        try:
            path = tenant_path(tenant)
        except ValueError:
            raise NotFound from None
        if not uow.scope.covers(path) or not await queries.node_exists(uow, path):
            raise NotFound
        return path
    serving = await queries.serving_node(uow, place) if place else None
    if serving is not None and uow.scope.covers(serving):
        return serving
    return uow.actor.post


async def edit_draft(
    uow: UnitOfWork, sealer: Sealer, order_id: UUID, changes: OrderForm, *, clear: Iterable[str] = ()
) -> Order:
    """Change a draft or a returned order: what `changes` fills in replaces, the fields in `clear` are emptied (5: diff).

    Raises Invalid with every fault of form, Conflict once the order is submitted, NotFound.
    """
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_DRAFT", "O_RETURNED", todo="已经提交的单不能改，可以取消后再来一单。")
    unknown = [name for name in clear if name not in FIELDS]
    if unknown:
        raise Invalid([Fault(f"clear.{name}", "没有这一项。", "unknown") for name in unknown])
    before = form_of(order, sealer)
    form = merged(before, changes, clear)
    policy = await policy_at(uow, order.tenant)
    known = await queries.nodes_of_codes(uow, [form.division_code] if form.division_code else [])
    faults = faults_in(form, policy, uow, submit=False, known=known)
    if faults:
        raise Invalid(faults)
    differences = changed(before, form)
    if differences:
        fill(order, form, sealer, policy)
        _by_proxy(uow, order)
        await happenings.tell(uow, order, "order.edited", changed=differences)
    return order


def _by_proxy(uow: UnitOfWork, order: Order) -> None:
    if uow.actor.kind == "staff":
        order.submitted_by = uow.actor.id


async def repeat_order(
    uow: UnitOfWork,
    sealer: Sealer,
    order_id: UUID,
    *,
    work_date: date,
    changes: OrderForm | None = None,
    submit: bool = False,
    asks_former: bool = False,
    rescheduled_from: UUID | None = None,
) -> Order:
    """再来一单: a new order like an old one, at the same hours from another day on (transition 1, R051)."""
    old = await queries.order(uow, order_id)
    form = form_of(old, sealer)
    shift = timedelta(days=(work_date - old.work_date).days)
    starts = old.starts_at + shift
    ends = old.ends_at - timedelta(days=old.days - 1) + shift
    form = msgspec.structs.replace(
        form,
        starts_at=starts,
        ends_at=ends,
        last_date=work_date + timedelta(days=old.days - 1) if old.days > 1 else None,
        source_channel=None,
    )
    if changes is not None:
        form = merged(form, changes)
    return await create_order(
        uow,
        sealer,
        form,
        employer_id=old.employer_id,
        tenant=old.tenant,
        submit=submit,
        repeat_of=old.id,
        asks_former=asks_former,
        rescheduled_from=rescheduled_from,
    )


async def submit(uow: UnitOfWork, sealer: Sealer, order_id: UUID) -> Order:
    """Hand a draft or a returned order in for review (transitions 2 and 5); all faults at once.

    A trusted employer's order passes by rule in the early hours (transition 3): it may come back published.
    """
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_DRAFT", "O_RETURNED", todo="这单已经提交过了。")
    employer = await queries.employer_for_order(uow, order.employer_id)
    await may_post(uow, employer)
    policy = await policy_at(uow, order.tenant)
    _by_proxy(uow, order)
    await _hand_in(uow, sealer, order, employer, policy)
    return order


async def _hand_in(uow: UnitOfWork, sealer: Sealer, order: Order, employer: OrderEmployer, policy: Policy) -> None:
    form = form_of(order, sealer)
    findings = check(form, policy.rules, now=clock.shanghai(uow.now))
    faults = faults_of(findings)
    if faults:
        raise Invalid(faults)
    made = happenings.step(uow, order, "submit")
    kin = await fraud.kin_findings(uow, sealer, [(order, form.contact_phone or "")])
    order.state = made.target
    order.findings = noted([*findings, *kin[order.id]])
    order.submitted_at = uow.now
    # Who sent it back has not judged what is handed in now, and may even have entered it for the employer.
    order.reviewed_by, order.reviewed_at = None, None
    order.employer_name, order.employer_level = employer.name, employer.level
    await uow.flush()
    if made.source == "O_RETURNED":
        await timers.cancel_timers(uow, order.id, happenings.RETURN)
    await happenings.tell(
        uow,
        order,
        "order.submitted",
        made=made,
        fields=snapshot(form),
        findings=order.findings,
    )
    if await review.pass_by_rule(uow, order, employer, policy):
        return
    await happenings.set_timer(uow, order, happenings.REVIEW, uow.now + policy.review)
    await happenings.set_timer(uow, order, happenings.START, order.starts_at + policy.fill_until)


async def cancel_order(
    uow: UnitOfWork, order_id: UUID, *, reason: str, note: str = "", told_at_home: bool = False
) -> Order:
    """Cancel an order (29, 30 after the lock, 32 and 33 weather, 34 authority), or withdraw one unseen.

    `told_at_home`: everybody was reached before he left home, so that rain costs nothing (33). Emits `order.cancelled` with
    the reason and whether the lock had passed: the loop ends every engagement under it and tells each worker (ruling 7).
    Raises Invalid for an unknown reason, Forbidden for an employer's 'authority', Conflict.
    """
    if reason not in CANCEL_REASONS:
        raise Invalid([Fault("reason", "没有这个原因，请重新选。", "reason")])
    if reason == "authority" and uow.actor.kind == "employer":
        raise Forbidden("停工令、征用由市场工作人员登记，请打驿站电话。")
    order = await queries.order(uow, order_id, lock=True)
    if order.state == "O_ACTIVE" and reason == "employer":
        raise Conflict("已经有人到岗，不能取消。要提前收工，请在名单里登记下班。", state=order.state)
    made = happenings.step(uow, order, CANCEL_REASONS[reason])
    policy = await policy_at(uow, order.tenant)
    if reason == "weather" and uow.now > order.starts_at - policy.free_cancel:
        made = replace(made, number="33")
    order.state, order.end_reason, order.closed_at = made.target, reason, uow.now
    await uow.flush()
    await timers.cancel_timers(uow, order.id)
    await happenings.tell(
        uow,
        order,
        "order.cancelled",
        made=made,
        reason=reason,
        note=note[:200],
        after_lock=order.published_at is not None and uow.now >= order.starts_at - policy.lock,
        told_at_home=told_at_home,
        confirmed=order.confirmed,
    )
    return order


async def reveal_contact(uow: UnitOfWork, database: Database, sealer: Sealer, order_id: UUID) -> Reached:
    """Return how to reach the person at the place, for staff who call the employer; recorded for him (R049).

    Raises NotFound for a foreign or missing order and for an employer whom the post serves no more, TooMany.
    """
    order = await queries.order(uow, order_id)
    if uow.actor.kind != "staff" or not await queries.serves(uow, order.employer_id):
        raise NotFound
    seen = await reveals.staff_looked(
        uow, database, employer_id=order.employer_id, order_id=order.id, fields=["order_contact"]
    )
    number = sealer.open(order.phone_sealed, phone_place(order.id))
    return Reached(name=order.contact_name, phone=number, until=seen.expires_at)
