"""One person or employer at the desk: masked; a number in clear for a stated purpose and a few minutes, with a record."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound, TooMany
from linggong.people import papers, profiles, reveals, reverifying, shown_codes
from linggong.people.forms import SKILL_LEVELS
from linggong.people.profiles import EmployerProfile, LinkView, PersonProfile
from linggong.people.reveals import FIELDS_OF_EMPLOYER, FIELDS_OF_PERSON, PURPOSES, Revealed
from linggong.phones import queries as phone_queries
from linggong.phones.queries import AskedView
from linggong.wages.files_api import UPLOAD_CEILING
from linggong.web import menus, pages, wage_rows
from linggong.web.desk.employers import KINDS, STATUSES
from linggong.web.desk.home import forgetting, trade_words
from linggong.web.desk.people import DESK_ROLES, people_page
from linggong.web.employer.data import read
from linggong.web.refused import filled, shown
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
LINKS = {
    "registered": "在这里登记",
    "signed_in": "来这里签到",
    "order": "接这里的活或在这里招人",
    "showed_code": "出示过本人码",
}
_CONTACTS = {"mobile": "手机", "landline": "座机", "relative": "家人电话"}
_LEVELS = {1: "号码核过", 2: "看过证件", 3: "读卡核过"}
Look = Annotated[UUID | None, QueryParameter()]


class PersonPages(Controller):
    """One person."""

    path = "/desk/people"
    include_in_schema = False

    @post("/code", opt={"permission": Permission.PERSON_REGISTER})
    async def code(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """The code that somebody shows: this station serves him for a while."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: people_page(request, fresh, secrets, principal, ""), values):
            person_id = await shown_codes.take(uow, database, secrets, str(values.get("code", ""))[:20])
        return pages.redirect(request, f"/desk/people/{person_id}", say="码对上了，本站现在可以为他服务。")

    @get("/{person_id:uuid}", opt={"permission": Permission.PERSON_READ})
    async def person(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        person_id: FromPath[UUID],
        look: Look = None,
    ) -> Response[bytes]:
        """Masked where a live link is, else the public card; with `look` what is still open to whoever opened it."""
        return await _person_page(request, uow, secrets, principal, person_id, look=look)

    @post("/{person_id:uuid}/reveal", opt={"permission": Permission.PERSON_REVEAL})
    async def reveal(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        person_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Open what was ticked, with the purpose; back to the page, which shows it until the time is over."""
        typed = _typed(await pages.form_values(request))

        async def show(fresh: UnitOfWork, error: Invalid | TooMany) -> Response[bytes]:
            return await _person_page(request, fresh, secrets, principal, person_id, typed=typed, refused=error)

        async with shown(request, uow, show, Invalid, TooMany):
            made = await reveals.reveal_person(
                uow, database, secrets.sealer, person_id, fields=typed["fields"], purpose=typed["purpose"],
                reason=typed["reason"],
            )  # fmt: skip
        return pages.redirect(request, f"/desk/people/{person_id}?look={made.id}")


class EmployerPages(Controller):
    """One employer."""

    path = "/desk/employers"
    include_in_schema = False

    @get("/{employer_id:uuid}", opt={"permission": Permission.EMPLOYER_READ})
    async def employer(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        employer_id: FromPath[UUID],
        look: Look = None,
    ) -> Response[bytes]:
        """Masked; with `look` what is still open to whoever opened it."""
        return await _employer_page(request, uow, secrets, principal, employer_id, look=look)

    @post("/{employer_id:uuid}/confirm", opt={"permission": Permission.EMPLOYER_VERIFY})
    async def confirm(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], employer_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter his own word that what is on file still holds (R049)."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, lambda fresh: _employer_page(request, fresh, secrets, principal, employer_id), values
        ):
            row = await reverifying.confirm(uow, secrets.sealer, employer_id, read(values))
        said = f"替他核实好了，到 {row.reverify_on:%Y-%m-%d}。"
        return pages.redirect(request, f"/desk/employers/{employer_id}", say=said)

    @get("/{employer_id:uuid}/licence", opt={"permission": Permission.EMPLOYER_REVEAL})
    async def licence(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        employer_id: FromPath[UUID],
        look: Look = None,
    ) -> Response[bytes]:
        """The photo of the licence, as long as the look at it is open."""
        opened = None if look is None else await reveals.again(uow, secrets.sealer, look, subject_id=employer_id)
        if opened is None or "licence" not in opened.values:
            raise NotFound
        return pages.picture(*await papers.content(uow, secrets.sealer, employer_id))

    @post(
        "/{employer_id:uuid}/licence",
        request_max_body_size=UPLOAD_CEILING,
        opt={"permission": Permission.EMPLOYER_VERIFY},
    )
    async def take_licence(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], employer_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Photograph the licence that he brought."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, lambda fresh: _employer_page(request, fresh, secrets, principal, employer_id), values
        ):
            await papers.hand_in(uow, secrets.sealer, employer_id, await wage_rows.picture(values, "photo") or b"")
        return pages.redirect(request, f"/desk/employers/{employer_id}", say="执照照片存好了。")

    @post("/{employer_id:uuid}/reveal", opt={"permission": Permission.EMPLOYER_REVEAL})
    async def reveal(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        employer_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Open what was ticked, with the purpose."""
        typed = _typed(await pages.form_values(request))

        async def show(fresh: UnitOfWork, error: Invalid | TooMany) -> Response[bytes]:
            return await _employer_page(request, fresh, secrets, principal, employer_id, typed=typed, refused=error)

        async with shown(request, uow, show, Invalid, TooMany):
            made = await reveals.reveal_employer(
                uow, database, secrets.sealer, employer_id, fields=typed["fields"], purpose=typed["purpose"],
                reason=typed["reason"],
            )  # fmt: skip
        return pages.redirect(request, f"/desk/employers/{employer_id}?look={made.id}")


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    raw = values.get("fields") or []
    return {
        "fields": [str(f) for f in (raw if isinstance(raw, list) else [raw])],
        "purpose": str(values.get("purpose", "")),
        "reason": str(values.get("reason", ""))[:200],
    }


async def _open(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    principal: Principal,
    subject_id: UUID,
    look: UUID | None,
    permission: Permission,
) -> Revealed | None:
    """Return what is still open; nothing once the time is over, or to a post that may not reveal."""
    if look is None or not menus.may(request, principal, permission):
        return None
    try:
        return await reveals.again(uow, secrets.sealer, look, subject_id=subject_id)
    except NotFound:
        return None


def _fact(key: str, label: str, masked: str, opened: Revealed | None) -> dict[str, Any]:
    clear = opened.values.get(key, "") if opened is not None else ""
    return {
        "label": label,
        "value": clear or masked,
        "clear": bool(clear),
        "tel": bool(clear) and key.endswith("phone"),
    }


def _link(link: LinkView) -> dict[str, Any]:
    return {"place": link.place, "why": LINKS[link.kind], "ends_at": link.ends_at}


def _form(fields: dict[str, str], typed: dict[str, Any] | None, refused: Invalid | TooMany | None) -> dict[str, Any]:
    faults: Invalid | None = refused if isinstance(refused, Invalid) else None
    if isinstance(refused, TooMany):
        faults = Invalid([Fault("purpose", refused.detail, "too-many")])
    return {
        "form": pages.form_state(typed or {"fields": [], "purpose": "reach", "reason": ""}, faults),
        "fields": [{"value": k, "label": v} for k, v in fields.items()],
        "purposes": [{"value": k, "label": v} for k, v in PURPOSES.items()],
    }


async def _person_page(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    principal: Principal,
    person_id: UUID,
    *,
    look: UUID | None = None,
    typed: dict[str, Any] | None = None,
    refused: Invalid | TooMany | None = None,
) -> Response[bytes]:
    here = f"/desk/people/{person_id}"
    try:
        profile = await profiles.person_profile(uow, secrets.sealer, person_id)
    except NotFound:
        card = await profiles.public_card(uow, person_id)
        return menus.render(
            request,
            principal,
            "desk/card.html",
            call=card.call,
            facts=[
                {"label": "性别年龄", "value": f"{card.sex} {card.age}岁"},
                {"label": "实名", "value": _LEVELS.get(card.verified_level, "没核过")},
                {"label": "工种", "value": trade_words(card.trades) or "没填"},
                {"label": "技能", "value": SKILL_LEVELS[card.skill_level]},
            ],
            may_take=menus.may(request, principal, Permission.PERSON_REGISTER),
        )
    opened = await _open(request, uow, secrets, principal, person_id, look, Permission.PERSON_REVEAL)
    if look is not None and opened is None:
        return pages.redirect(request, here, say="看号码的时间到了。还要看，请再填一次为什么。", kind="warn")
    return menus.render(
        request,
        principal,
        "desk/person.html",
        status=422 if isinstance(refused, Invalid) else 429 if refused else 200,
        id=str(person_id),
        call=profile.call,
        facts=_facts(profile, opened),
        links=[_link(link) for link in profile.links],
        may_reveal=menus.may(request, principal, Permission.PERSON_REVEAL),
        may_act=principal.acting.role in DESK_ROLES,
        is_worker=profile.is_worker,
        may_priority=menus.may(request, principal, Permission.PRIORITY_READ),
        may_print=menus.may(request, principal, Permission.PERSON_REGISTER),
        asked=[_asked(view) for view in await phone_queries.asked(uow, person_id)],
        until=opened.until if opened else None,
        forget=forgetting(uow.now, here, opened),
        **_form(_held(profile), typed, refused),
    )


def _asked(view: AskedView) -> dict[str, Any]:
    said = {"yes": "他答应了", "no": "他没答应"}.get(view.answer, "还没答" if view.state == "open" else "没答就过了")
    how = phone_queries.CHANNELS.get(view.channel, view.channel)
    telephone = _CONTACTS.get(view.telephone, "电话")
    return {
        "text": view.text,
        "asked_at": view.asked_at,
        "answer": said,
        "answered_at": view.answered_at,
        "how": f"{how}，{telephone}",
    }


def _held(profile: PersonProfile) -> dict[str, str]:
    """Return what can be opened of this person at all: what is on file."""
    kinds = {c.kind for c in profile.contacts}
    absent = {
        "phone": not kinds & {"mobile", "landline"},
        "relative_phone": "relative" not in kinds,
        "bank": not profile.bank,
    }
    return {k: v for k, v in FIELDS_OF_PERSON.items() if not absent.get(k)}


def _facts(profile: PersonProfile, opened: Revealed | None) -> list[dict[str, Any]]:
    facts = [
        _fact("name", "姓名", profile.name, opened),
        _fact("", "性别年龄", f"{profile.sex} {profile.age}岁", None),
        _fact("id_number", "身份证", profile.id_number, opened),
    ]
    if opened is not None and "birth_date" in opened.values:
        facts.append(_fact("birth_date", "出生日期", "", opened))
    seen: set[str] = set()
    for contact in profile.contacts:
        key = "relative_phone" if contact.kind == "relative" else "phone"
        # Only the first number of a kind is opened; the others stay as they are.
        facts.append(_fact(key if key not in seen else "", _CONTACTS[contact.kind], contact.number, opened))
        seen.add(key)
    if not profile.contacts:
        facts.append(_fact("", "电话", "没留，通过驿站联系", None))
    if profile.bank:
        facts.append(_fact("bank", "银行卡", profile.bank, opened))
    facts.append(_fact("", "实名", _LEVELS.get(profile.verified_level, "没核过"), None))
    if profile.is_worker:
        facts.append(_fact("", "工种", trade_words(profile.trades) or "没填", None))
        facts.append(_fact("", "技能", SKILL_LEVELS[profile.skill_level], None))
    return facts


async def _employer_page(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    principal: Principal,
    employer_id: UUID,
    *,
    look: UUID | None = None,
    typed: dict[str, Any] | None = None,
    refused: Invalid | TooMany | None = None,
) -> Response[bytes]:
    here = f"/desk/employers/{employer_id}"
    profile = await profiles.employer_profile(uow, secrets.sealer, employer_id)
    opened = await _open(request, uow, secrets, principal, employer_id, look, Permission.EMPLOYER_REVEAL)
    if look is not None and opened is None:
        return pages.redirect(request, here, say="看号码的时间到了。还要看，请再填一次为什么。", kind="warn")
    fields = {k: v for k, v in FIELDS_OF_EMPLOYER.items() if getattr(profile, k) and _hidden(profile, k)}
    return menus.render(
        request,
        principal,
        "desk/employer_one.html",
        status=422 if isinstance(refused, Invalid) else 429 if refused else 200,
        id=str(employer_id),
        name=opened.values.get("name", profile.name) if opened else profile.name,
        facts=[
            _fact("", "哪种", KINDS.get(profile.kind, profile.kind), None),
            _fact("contact_name", "联系人", profile.contact_name, opened),
            _fact("phone", "电话", profile.phone, opened),
            *([_fact("address", "地址", profile.address, opened)] if profile.address else []),
            *(
                [_fact("legal_representative", "法定代表人", profile.legal_representative, opened)]
                if profile.legal_representative
                else []
            ),
            *([_fact("bank", "银行账号", profile.bank, opened)] if profile.bank else []),
            *([_fact("", "执照照片", profile.licence, None)] if profile.licence else []),
            _fact("", "核验", "看过证件" if profile.verified_level > 1 else "没看过证件", None),
            *([_fact("", "半年核实", f"到 {profile.reverify_on}", None)] if profile.reverify_on else []),
            *([_fact("", "状态", STATUSES[profile.status], None)] if STATUSES.get(profile.status) else []),
        ],
        links=[_link(link) for link in profile.links],
        may_reveal=menus.may(request, principal, Permission.EMPLOYER_REVEAL),
        licence=f"{here}/licence?look={opened.id}" if opened and "licence" in opened.values else "",
        may_photograph=profile.kind != "individual" and menus.may(request, principal, Permission.EMPLOYER_VERIFY),
        may_confirm=profile.verified_level > 0 and menus.may(request, principal, Permission.EMPLOYER_VERIFY),
        due=profile.reverify_on is not None and profile.reverify_on <= clock.business_date(uow.now),
        may_post=principal.acting.role in DESK_ROLES and profile.status == "active",
        until=opened.until if opened else None,
        forget=forgetting(uow.now, here, opened),
        **_form(fields, typed, refused),
    )


def _hidden(profile: EmployerProfile, field: str) -> bool:
    """Tell whether a field is masked: a company's name and address are public."""
    return profile.kind == "individual" or field not in ("name", "address")
