"""People at the desk: quick registration, search, a new telephone number, employers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.market.trades import COMMON_TRADES
from linggong.people import employers, queries, recovery, registration
from linggong.people.forms import SKILL_LEVELS, EmployerForm, ProxyConsent, WorkerForm
from linggong.web import pages
from linggong.web.desk.home import trade_words
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_TRADES = [{"value": t.code, "label": t.word} for t in COMMON_TRADES[:12]]
_LEVELS = [{"value": str(i), "label": word} for i, word in enumerate(SKILL_LEVELS)]


class People(Controller):
    """Registration and search."""

    path = "/desk"
    include_in_schema = False

    @get("/register", opt={"permission": Permission.PERSON_REGISTER})
    async def form(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Quick registration."""
        return await _register_page(request, uow, database, secrets, {"skill_level": "0"}, None)

    @post("/register", opt={"permission": Permission.PERSON_REGISTER})
    async def register(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Register, or find the account that the number has in the city already (R005)."""
        values = await pages.form_values(request)
        try:
            form = _worker(values)
            slip = ProxyConsent(method="slip", evidence="同意书已签，本人在场")
            made = await registration.register_worker(uow, secrets.sealer, form, proxy=slip)
        except (Invalid, Conflict) as error:
            await uow.rollback()
            fault = error if isinstance(error, Invalid) else Invalid([Fault("id_number", error.detail)])
            fault = Invalid([Fault({"pay_fen": "pay"}.get(f.field, f.field), f.message) for f in fault.faults])
            async with database.begin(uow.actor, uow.scope) as fresh:
                return await _register_page(request, fresh, database, secrets, values, fault)
        words = f"{form.name}登记好了。" if made.created else f"{form.name}在全市已经有账号，接到本站了。"
        return pages.redirect(request, "/desk/register", say=words)

    @get("/people", opt={"permission": Permission.PERSON_READ})
    async def people(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """People whom this post serves; search by name, or exact ID or phone number (posted, so that no number is in a URL)."""
        return await _people_page(request, uow, secrets, "")

    @post("/people", opt={"permission": Permission.PERSON_READ})
    async def search(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Search."""
        values = await pages.form_values(request)
        return await _people_page(request, uow, secrets, str(values.get("q", ""))[:60])

    @post("/people/{person_id:uuid}/phone", opt={"permission": Permission.PERSON_RECOVER})
    async def recover(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        person_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Put a new number in place of a lost, changed or recycled one."""
        values = await pages.form_values(request)
        try:
            await recovery.recover_at_desk(
                uow,
                secrets.sealer,
                person_id,
                reason=str(values.get("reason", "")),
                phone=str(values.get("phone", "")),
                card_seen=bool(values.get("card_seen")),
            )
        except (Invalid, Conflict) as error:
            await uow.rollback()
            return pages.redirect(request, "/desk/people", say=f"没换成：{error.detail}", kind="bad")
        await uow.commit()
        await recovery.end_sessions(database, person_id)
        return pages.redirect(request, "/desk/people", say="号码换好了，旧手机已经退出登录。")

    @get("/employers/new", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def employer_form(self, request: AnyRequest) -> Response[bytes]:
        """Register an employer."""
        return pages.render(request, "desk/employer.html", form=pages.form_state({"kind": "individual"}))

    @post("/employers/new", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def employer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Register an employer, or link the one that is known."""
        values = await pages.form_values(request)
        try:
            keys = ("kind", "name", "uscc", "id_number", "contact_name", "phone", "address", "licence_seen")
            raw = {k: values[k] for k in keys if values.get(k)}
            raw["licence_seen"] = "true" if values.get("licence_seen") else "false"
            form = pages.convert(EmployerForm, raw)
            slip = ProxyConsent(method="slip", evidence="同意书已签，本人在场") if values.get("consent") else None
            made = await employers.register_employer(uow, secrets.sealer, form, proxy=slip)
        except (Invalid, Conflict) as error:
            await uow.rollback()
            fault = error if isinstance(error, Invalid) else Invalid([Fault("", error.detail)])
            return pages.render(request, "desk/employer.html", status=422, form=pages.form_state(values, fault))
        words = "雇主登记好了，接着发活。" if made.created else "这个雇主全市已经登记过，接到本站了。"
        return pages.redirect(request, f"/desk/post?employer={made.employer_id}", say=words)


def _worker(values: dict[str, Any]) -> WorkerForm:
    faults: list[Fault] = []
    if not values.get("consent"):
        faults.append(Fault("consent", "要本人在场、同意书签好，才能代登记。", "required"))
    raw: dict[str, Any] = {k: values[k] for k in ("name", "id_number", "phone", "pay_unit") if values.get(k)}
    raw["contact_kind"] = values.get("contact_kind") or "mobile"
    trades = values.get("trades") or []
    raw["trades"] = trades if isinstance(trades, list) else [trades]
    raw["skill_level"] = values.get("skill_level") or "0"
    raw["card_seen"] = "true"
    if values.get("street"):
        raw["home_division_code"] = values["street"]
    try:
        raw["pay_fen"] = int(from_yuan(str(values.get("pay", ""))))
    except ValueError:
        faults.append(Fault("pay", "请填钱数，例如 200。", "money"))
        raw["pay_fen"] = 1
    try:
        form = pages.convert(WorkerForm, raw)
    except Invalid as invalid:
        raise Invalid([*invalid.faults, *faults]) from None
    if faults:
        raise Invalid(faults)
    return form


async def _register_page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    secrets: Secrets,
    values: dict[str, Any],
    invalid: Invalid | None,
) -> Response[bytes]:
    county = "/".join((uow.actor.post or "/").split("/")[:3]) + "/"
    rows = await database.fetch_public(
        "SELECT division_code, short_name FROM nodes WHERE kind = 'street' AND division_code IS NOT NULL "
        "AND path >= $1 AND path < $1 || '~' ORDER BY path",
        county,
    )
    today = clock.business_date(uow.now)
    workers = await queries.workers_linked(uow, secrets.sealer, kinds=("registered",), limit=50)
    recent = [w for w in workers if clock.business_date(w.linked_at) == today]
    streets = {r["division_code"]: r["short_name"] for r in rows}
    return pages.render(
        request,
        "desk/register.html",
        status=422 if invalid else 200,
        form=pages.form_state(values, invalid),
        trades=_TRADES,
        skill_levels=_LEVELS,
        streets=[{"value": code, "label": name} for code, name in streets.items()],
        today_count=len(recent),
        found=None,
        recent=[
            {
                "n": len(recent) - i,
                "name": w.name,
                "sub": f"{w.sex} {w.age}岁",
                "trades": trade_words(w.trades),
                "at": w.linked_at,
            }
            for i, w in enumerate(recent[:8])
        ],
    )


async def _people_page(request: AnyRequest, uow: UnitOfWork, secrets: Secrets, q: str) -> Response[bytes]:
    found = await queries.workers_linked(uow, secrets.sealer, q=q, limit=100)
    return pages.render(
        request,
        "desk/people.html",
        q="" if any(c.isdigit() for c in q) else q,
        searched=bool(q),
        people=[
            {
                "id": str(w.id),
                "name": w.name,
                "sub": f"{w.sex} {w.age}岁",
                "trades": trade_words(w.trades),
                "level": w.verified_level,
                "at": w.linked_at,
            }
            for w in found
        ],
        reasons=[{"value": k, "label": v} for k, v in recovery.REASONS.items()],
    )
