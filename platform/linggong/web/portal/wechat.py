"""A worker says that wages or notices may go to his WeChat, and takes it back."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.settings import Settings
from linggong.wages.wechat import bindings
from linggong.web import pages
from linggong.web.portal.mine import only_worker
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME: Final = "/my/wechat"


class MyWechat(Controller):
    """What goes to his WeChat."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_SELF})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """What is bound, or the consent that binds."""
        only_worker(principal)
        return await _page(request, secrets, settings, uow)

    @post("/bind", opt={"permission": Permission.PERSON_SELF})
    async def bind(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Bind, with his consent. The stand-in knows everybody; a real WeChat tells who he is when he opens the city's app there."""
        only_worker(principal)
        if not settings.wechat_stand_in:
            raise NotFound
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, secrets, settings), values):
            if not values.get("agree"):
                raise Invalid([Fault("agree", "请先看一遍，同意再点。", "required")])
            await bindings.bind(uow, secrets.sealer, bindings.stand_in_openid(principal.id))
        return pages.redirect(request, HOME, say="绑好了。雇主可以把工钱付到您的微信。")

    @post("/unbind", opt={"permission": Permission.PERSON_SELF})
    async def unbind(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Take it back."""
        only_worker(principal)
        await bindings.unbind(uow)
        return pages.redirect(request, HOME, say="解绑了。以后的工钱用别的办法付。")

    @post("/messages", opt={"permission": Permission.PERSON_SELF})
    async def allow(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Allow one message more; the first time with his consent. In a real WeChat the city's app asks for each."""
        only_worker(principal)
        if not settings.wechat_msg_stand_in:
            raise NotFound
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, secrets, settings), values):
            if await bindings.messages(uow) is None and not values.get("agree_messages"):
                raise Invalid([Fault("agree_messages", "请先看一遍，同意再点。", "required")])
            left = await bindings.allow_message(uow, secrets.sealer, bindings.stand_in_openid(principal.id))
        return pages.redirect(request, HOME, say=f"好，下面 {left} 条通知发到您的微信。")

    @post("/messages/stop", opt={"permission": Permission.PERSON_SELF})
    async def stop(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Want no more of them."""
        only_worker(principal)
        await bindings.stop_messages(uow)
        return pages.redirect(request, HOME, say="停了。以后的通知发短信。")


async def _page(request: AnyRequest, secrets: Secrets, settings: Settings, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(
        request,
        "portal/wechat.html",
        binding=await bindings.mine(uow, secrets.sealer),
        stand_in=settings.wechat_stand_in,
        messages=await bindings.messages(uow),
        messages_stand_in=settings.wechat_msg_stand_in,
    )
