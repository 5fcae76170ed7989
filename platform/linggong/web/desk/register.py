"""快速登记: a worker at the counter becomes known in under a minute, with his consent on record (R005, R046)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.kernel.paths import ancestors
from linggong.market.trades import COMMON_TRADES
from linggong.people import id_photo, queries, registration
from linggong.people.forms import SKILL_LEVELS, ProxyConsent, WorkerForm, check_consent, check_worker
from linggong.people.identity_numbers import surname_call
from linggong.web import menus, pages
from linggong.web.desk.home import trade_words
from linggong.web.places import places
from linggong.web.refused import shown
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.service import parameters

AnyRequest = Request[Any, Any, Any]
_TRADES = [{"value": t.code, "label": t.word} for t in COMMON_TRADES[:14]]
_LEVELS = [{"value": str(i), "label": word} for i, word in enumerate(SKILL_LEVELS)]
FIRST = {"skill_level": "0", "card_seen": "1", "consent": "slip", "contact_kind": "mobile", "pay_unit": "day"}
_FIELDS = {
    "pay_fen": "pay", "home_division_code": "street", "proxy": "consent", "proxy.method": "consent",
    "proxy.evidence": "proof", "proxy.witness": "proof",
}  # fmt: skip
_ORDER = ("photo", "id_number", "name", "confirmed", "phone", "trades", "pay", "consent", "proof")
"""In which order the page asks, and so names what is wrong."""
UPLOAD_CEILING = 60_000_000
"""What the server reads of an upload at all, so that a photo that is too large is refused with words."""
_PHONES = {"mobile": "smart", "landline": "feature", "relative": "none", "station": "none"}
"""What a contact says of the phone that he carries himself; he may change it later."""


class Register(Controller):
    """Quick registration."""

    path = "/desk/register"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def form(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """An empty form; the cursor stands in the ID number."""
        return await _page(request, uow, database, secrets, principal, dict(FIRST), None)

    @post("/", opt={"permission": Permission.PERSON_REGISTER})
    async def register(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Register, or find the account that the number has in the city already; then the next one."""
        values = await pages.form_values(request)

        async def show(fresh: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            return await _page(request, fresh, database, secrets, principal, values, at_fields(error))

        async with shown(request, uow, show, Invalid, Conflict):
            form, proxy = await read(uow, values)
            made = await registration.register_worker(uow, secrets.sealer, form, proxy=proxy)
        # The words travel in a cookie: they hold no full name.
        called = surname_call(form.name)
        if made.created:
            words = f"{called}是新人，登记好了。"
        elif made.linked:
            words = f"{called}在全市已经登记过：账号还是原来的，现在也归本站服务。电话没有改，要改到“找人”里换号。"
        else:
            words = f"{called}在本站早就登记过，没有重复登记。"
        return pages.redirect(request, "/desk/register", say=words)

    @post(
        "/photo", status_code=200, request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.PERSON_REGISTER}
    )
    async def photo(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """The form with what a photo of the card says, for the person to look over; the photo is not kept."""
        sent = (await pages.form_values(request)).get("photo")
        values: dict[str, Any] = dict(FIRST)
        invalid: Invalid | None = None
        try:
            found = await id_photo.read(await sent.read() if isinstance(sent, UploadFile) else b"")
            values |= {"name": found.name, "id_number": found.id_number, "by_photo": "1"}
            if not found.number_fits:
                invalid = Invalid([Fault("id_number", "号码有一位认错了，请照身份证改。", "misread")])
        except Invalid as error:
            invalid = error
        except Conflict as error:
            invalid = Invalid([Fault("photo", error.detail)])
        page = await _page(request, uow, database, secrets, principal, values, invalid)
        page.headers["cache-control"] = "no-store"
        return page


def at_fields(error: Invalid | Conflict) -> Invalid:
    """Return the service's faults at the page's fields."""
    if isinstance(error, Conflict):
        return Invalid([Fault("id_number", error.detail, "known")])

    def field(name: str) -> str:
        if name.startswith("trades"):
            return "trades"
        return _FIELDS.get(name, name)

    found = [Fault(field(f.field), f.message, f.code) for f in error.faults]
    return Invalid(sorted(found, key=lambda f: _ORDER.index(f.field) if f.field in _ORDER else len(_ORDER)))


async def read(uow: UnitOfWork, values: dict[str, Any]) -> tuple[WorkerForm, ProxyConsent]:
    """Return the registration and the consent that were typed; raises Invalid with every fault of both."""
    faults: list[Fault] = []
    if values.get("by_photo") and not values.get("confirmed"):
        faults.append(Fault("confirmed", "号码和姓名是照照片认的：请本人看一遍，对了再勾上。", "unconfirmed"))
    trades = values.get("trades") or []
    raw: dict[str, Any] = {k: values.get(k) or "" for k in ("name", "id_number", "phone", "contact_note")}
    kind = str(values.get("contact_kind") or "mobile")
    raw |= {
        "contact_kind": kind,
        "phone_kind": _PHONES.get(kind, "none"),
        "needs_voice": kind != "mobile",
        "trades": [str(t) for t in trades] if isinstance(trades, list) else [str(trades)],
        "skill_level": values.get("skill_level") or "0",
        "pay_unit": values.get("pay_unit") or "day",
        "home_division_code": values.get("street") or None,
        "card_seen": bool(values.get("card_seen")),
    }
    if not raw["trades"]:
        # A stand-in, so that the other fields are read too; the fault keeps it from being stored.
        faults.append(Fault("trades", "请至少选一个工种。", "required"))
        raw["trades"] = [_TRADES[0]["value"]]
    try:
        raw["pay_fen"] = int(from_yuan(str(values.get("pay") or "")))
    except ValueError:
        faults.append(Fault("pay", "请填想要多少钱，例如 200。", "money"))
        raw["pay_fen"] = 1
    method = "spoken" if values.get("consent") == "spoken" else "slip"
    proof = str(values.get("proof") or "")
    proxy: ProxyConsent | None = None
    try:
        given = {"evidence": proof} if method == "slip" else {"witness": proof}
        proxy = pages.convert(ProxyConsent, {"method": method, **given})
        check_consent(proxy, faults)
    except Invalid as invalid:
        faults += [Fault(f"proxy.{f.field}", f.message, f.code) for f in invalid.faults]
    try:
        # A blank stands in for what is missing, so that the check below names it among all the other faults.
        blanks = {k: raw[k] or " " for k in ("name", "id_number")}
        form = pages.convert(WorkerForm, {k: v for k, v in raw.items() if v is not None} | blanks)
    except Invalid as invalid:
        raise Invalid([*invalid.faults, *faults]) from None
    limit = await parameters(uow, uow.actor.post or "/", "worker.min_age")
    today = clock.business_date(uow.now)
    check_worker(form, faults, today=today, min_age=registration.whole(limit["worker.min_age"]))
    if faults or proxy is None:
        raise Invalid(faults)
    return form, proxy


async def choices(database: Database, principal: Principal) -> dict[str, Any]:
    """Return what the form lets one choose; streets of the post's own county."""
    known = await places(database)
    county = next((a for a in ancestors(principal.acting.path) if a in known.streets), "")
    own = {s["value"] for s in known.streets.get(county, [])}
    streets = [o for o in known.coded if not own or known.paths.get(o["value"]) in own]
    if own:
        prefix = known.names.get(county, "") + " "
        streets = [{"value": o["value"], "label": o["label"].removeprefix(prefix)} for o in streets]
    return {"trades": _TRADES, "skill_levels": _LEVELS, "streets": streets}


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    secrets: Secrets,
    principal: Principal,
    values: dict[str, Any],
    invalid: Invalid | None,
) -> Response[bytes]:
    here = await queries.workers_linked(uow, secrets.sealer, kinds=("registered",), limit=100)
    recent = [w for w in here if clock.business_date(w.linked_at) == clock.business_date(uow.now)]
    chosen = values.get("trades") or []
    return menus.render(
        request,
        principal,
        "desk/register.html",
        status=422 if invalid else 200,
        form=pages.form_state(values | {"trades": chosen if isinstance(chosen, list) else [chosen]}, invalid),
        **await choices(database, principal),
        reads_photos=id_photo.available(),
        today_count=len(recent),
        recent=[
            {
                "n": len(recent) - i,
                "name": w.name,
                "sub": f"{w.sex} {w.age}岁",
                "trades": trade_words(w.trades),
                "at": w.linked_at,
                "href": f"/desk?worker={w.id}",
            }
            for i, w in enumerate(recent[:8])
        ],
    )
