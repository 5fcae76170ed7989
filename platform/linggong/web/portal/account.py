"""Signing in and out, registering oneself, one's own page."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict, Invalid, NotFound, SignInFailed, TooMany
from linggong.kernel.settings import Settings
from linggong.market.trades import COMMON_TRADES
from linggong.people import accounts, queries, sessions, staff_sign_in
from linggong.people.door_guards import address_of, not_too_often
from linggong.people.forms import SKILL_LEVELS, EmployerForm, WorkerForm
from linggong.web import homes, pages
from linggong.web.places import places
from linggong.web.portal.registering import at_fields, read_employer, read_worker
from linggong.web.portal.steps import Step, agent_of, as_invalid, keep, load, sign_in_page, welcome, with_cookies
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import ROLE_LABELS, Role

AnyRequest = Request[Any, Any, Any]


class Account(Controller):
    """Sign-in, registration, own page."""

    include_in_schema = False

    @get("/sign-in", opt={"permission": Permission.PUBLIC_USE})
    async def phone_page(
        self,
        request: AnyRequest,
        settings: NamedDependency[Settings],
        next_: Annotated[str, QueryParameter(name="next", max_length=300)] = "",
    ) -> Response[bytes]:
        """Ask for the phone number."""
        return sign_in_page(request, settings, "phone", next_=next_)

    @post("/sign-in/code", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def code(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Send a code and ask for it."""
        values = await pages.form_values(request)
        next_ = str(values.get("next", ""))
        phone = str(values.get("phone", ""))
        try:
            await accounts.send_sign_in_code(database, secrets, phone, address=address_of(request))
        except (Invalid, TooMany) as error:
            told = as_invalid(error, "phone")
            return sign_in_page(request, settings, "phone", values, told, next_=next_, error=error)
        return with_cookies(
            sign_in_page(request, settings, "code", next_=next_, phone=phone),
            keep(request, secrets, Step(phone=phone, next=next_)),
        )

    @post("/sign-in/check", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def check(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Check the code: one person is in, several choose, nobody registers."""
        values = await pages.form_values(request)
        step = load(request, secrets)
        if not step.phone:
            return pages.redirect(request, "/sign-in", say="放得太久了，请重新要验证码。", kind="warn")
        try:
            proof = await accounts.prove_phone(database, secrets, step.phone, str(values.get("code", "")))
        except (Invalid, SignInFailed, TooMany) as error:
            told = as_invalid(error, "code")
            return sign_in_page(request, settings, "code", values, told, next_=step.next, phone=step.phone, error=error)
        kept = keep(request, secrets, Step(phone=step.phone, proof=proof.proof, next=step.next))
        if not proof.people:
            words = "这个号码还没登记过，填一下就好。"
            return pages.redirect(request, "/register", say=words, kind="warn", cookies=[kept])
        if len(proof.people) == 1:
            signed = await accounts.sign_in(
                database,
                secrets,
                proof.proof,
                proof.people[0].id,
                agent=agent_of(request),
                replaces=pages.session_token(request),
            )
            return await welcome(request, database, signed, step.next)
        people = [{"id": str(p.id), "name_masked": p.name, "sub": ""} for p in proof.people]
        return with_cookies(sign_in_page(request, settings, "person", next_=step.next, people=people), kept)

    @post("/sign-in/person", opt={"permission": Permission.PUBLIC_USE})
    async def person(
        self, request: AnyRequest, database: NamedDependency[Database], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Sign in the chosen one of the number's people."""
        values = await pages.form_values(request)
        step = load(request, secrets)
        try:
            chosen = UUID(str(values.get("person", "")))
            signed = await accounts.sign_in(
                database,
                secrets,
                step.proof,
                chosen,
                agent=agent_of(request),
                replaces=pages.session_token(request),
            )
        except (ValueError, SignInFailed):
            return pages.redirect(request, "/sign-in", say="没有登录成功，请重新要验证码。", kind="bad")
        return await welcome(request, database, signed, step.next)

    @post("/sign-out", opt={"permission": Permission.SESSION_USE})
    async def sign_out(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """End the session."""
        await staff_sign_in.sign_out(database, principal.actor(), principal.session_id)
        return pages.redirect(request, "/", say="退出了。", cookies=[pages.no_session_cookie()])

    @get("/me", opt={"permission": Permission.SESSION_USE})
    async def me(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """One's own page: masked data, posts or hats, sign out."""
        held = await sessions.hats(database, principal.session_id)
        facts: list[dict[str, str]] = []
        links: list[dict[str, str]] = []
        if principal.is_staff:
            links.append({"label": "我的安全：密码、动态码、PIN、在哪里登录", "href": "/me/security"})
        else:
            async with database.begin(principal.actor()) as uow:
                mine = await queries.my_account(uow, secrets.sealer)
            facts = [{"label": "姓名", "value": mine.name}, {"label": "身份证", "value": mine.id_number}]
            links.append({"label": "通知", "href": "/me/notices"})
            if principal.kind == "worker":
                links.append({"label": "存下的找活条件", "href": "/my/searches"})
            if principal.kind == "worker":
                links.append({"label": "培训和政策", "href": "/training"})
                links.append({"label": "微信收款和通知", "href": "/my/wechat"})
            links.append({"label": "我办的事和培训班", "href": "/my/services"})
            links.append({"label": "我的合同", "href": "/contracts"})
            links.append({"label": "投诉、纠纷和受伤报案", "href": "/my/cases"})
            links.append({"label": "我的信用和星级", "href": "/me/credit"})
            links.append({"label": "谁看过我的号码", "href": "/me/looked"})
            if principal.kind == "worker":
                links.append({"label": "我的档案：资料、同意、下载、注销", "href": "/my/records"})
            facts += [{"label": "电话", "value": c.number} for c in mine.contacts if c.kind != "station"]
            if not any(h.role == "employer" for h in held):
                links.append({"label": "我也要招人：登记成雇主", "href": "/register?as=employer"})
            links.append({"label": "使用说明", "href": "/manual"})
            links.append({"label": "在哪里登录着", "href": "/me/security"})
        return pages.render(
            request,
            "portal/me.html",
            facts=facts,
            posts=[
                {
                    "id": str(h.id),
                    "name": ROLE_LABELS[Role(h.role)] + ("（代）" if h.stands_in else ""),
                    "node": h.name,
                    "current": h.acting,
                }
                for h in held
                if principal.is_staff
            ],
            hats=[
                {"id": str(h.id), "label": "零工" if h.role == "worker" else f"雇主：{h.name}", "current": h.acting}
                for h in held
                if not principal.is_staff
            ],
            links=links,
            may_show=not principal.is_staff,
        )

    @post("/me/post", opt={"permission": Permission.SESSION_USE})
    async def act_as(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Choose the current post, or act as a worker or an employer."""
        values = await pages.form_values(request)
        try:
            await sessions.act_as(database, principal.session_id, UUID(str(values.get("post", ""))))
        except (ValueError, NotFound):
            return pages.redirect(request, "/me", say="没有这个岗位，请重新选。", kind="bad")
        now = await sessions.resolve(database, principal.session_id)
        return pages.redirect(request, homes.home_of(now) if now else "/", say="换好了。")

    @get("/register", opt={"permission": Permission.PUBLIC_USE})
    async def register_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        as_: Annotated[str, QueryParameter(name="as", max_length=10)] = "worker",
    ) -> Response[bytes]:
        """The form for a new worker or employer."""
        step = load(request, secrets)
        values = {"phone": step.phone} if step.proof else {}
        return await _register_page(request, database, settings, as_, values, None, sent=False)

    @post("/register", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def register(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """First the code, then the account. A phone that was just proven needs no second code."""
        values = await pages.form_values(request)
        role = "employer" if values.get("role") == "employer" else "worker"
        step = load(request, secrets)
        cookies: list[Cookie] = []
        try:
            known = principal.kind in ("worker", "employer")
            form_ready: WorkerForm | EmployerForm
            if role == "worker":
                form_ready = await read_worker(database, values, known=known)
            else:
                form_ready = await read_employer(database, values, known=known)
            if known and isinstance(form_ready, EmployerForm):
                await accounts.register_own_employer(database, secrets, principal.id, form_ready)
                return pages.redirect(request, "/me", say="登记好了，点“雇主”就能发活。")
            if known and isinstance(form_ready, WorkerForm):
                await accounts.register_own_work(database, secrets, principal.id, form_ready)
                return pages.redirect(request, "/me", say="登记好了，点“零工”就能报名。")
            same = bool(step.proof) and step.phone == str(values.get("phone", ""))
            if not same:
                if not values.get("code"):
                    await accounts.send_sign_in_code(
                        database, secrets, str(values.get("phone", "")), address=address_of(request)
                    )
                    kept = keep(request, secrets, Step(phone=str(values.get("phone", ""))))
                    return with_cookies(
                        await _register_page(request, database, settings, role, values, None, sent=True), kept
                    )
                proof = await accounts.prove_phone(database, secrets, str(values.get("phone", "")), str(values["code"]))
                step = Step(phone=str(values.get("phone", "")), proof=proof.proof)
                cookies.append(keep(request, secrets, step))
            if isinstance(form_ready, WorkerForm):
                signed = await accounts.register_self(
                    database, secrets, step.proof, form_ready, agent=agent_of(request)
                )
            else:
                signed = await accounts.register_as_employer(
                    database, secrets, step.proof, form_ready, agent=agent_of(request)
                )
        except (Invalid, Conflict, SignInFailed, TooMany) as error:
            field = "code" if isinstance(error, SignInFailed) else "phone" if isinstance(error, TooMany) else ""
            told = Invalid(at_fields(as_invalid(error, field).faults), error.detail)
            page = await _register_page(request, database, settings, role, values, told, sent=bool(values.get("code")))
            return with_cookies(page, *cookies)
        return await welcome(request, database, signed, "")


async def _register_page(
    request: AnyRequest,
    database: Database,
    settings: Settings,
    role: str,
    values: dict[str, Any],
    invalid: Invalid | None,
    *,
    sent: bool,
) -> Response[bytes]:
    return pages.render(
        request,
        "portal/register.html",
        status=422 if invalid else 200,
        role="employer" if role == "employer" else "worker",
        form=pages.form_state(values, invalid),
        trades=[{"value": t.code, "label": t.word} for t in COMMON_TRADES],
        counties=(await places(database)).county_codes,
        skill_levels=[{"value": str(i), "label": word} for i, word in enumerate(SKILL_LEVELS)],
        code_sent=sent,
        dev_messages=settings.dev,
    )
