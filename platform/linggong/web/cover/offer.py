"""What a place offers and how far cover reaches: for bureaus, auditors and the insurer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cover import products, queries
from linggong.cover.api import place_of
from linggong.cover.products import ProductForm
from linggong.cover.queries import ProductView
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.money import from_yuan
from linggong.measures.cover_rate import CoverRate, cover_rate
from linggong.measures.fresh import caught_up
from linggong.web import menus, pages
from linggong.web.cover import words
from linggong.web.filters import yuan
from linggong.web.refused import Step, shown
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
LABELS = {
    "code": "产品代码", "name": "产品名称", "insurer": "承保公司", "premium_day_fen": "每人每天保费（元）",
    "death_fen": "身故伤残保额（元）", "medical_fen": "医疗保额（元）", "allowance_day_fen": "住院津贴每天（元）",
    "min_age": "最小年龄", "max_age": "最大年龄", "classes": "职业类别", "max_hours": "最长一班（小时）",
    "before_minutes": "上班路上（分钟）", "after_minutes": "下班路上（分钟）", "note": "说明",
}  # fmt: skip
_MONEY = ("premium_day_fen", "death_fen", "medical_fen", "allowance_day_fen")
_NUMBERS = ("min_age", "max_age", "max_hours", "before_minutes", "after_minutes")
_TEXTS = ("code", "name", "insurer", "note")
_REASONS = {"age": "年龄", "class": "职业类别", "hours": "工时", "late": "太晚", "other": "其他"}


class OfferPages(Controller):
    """Products and the rate."""

    path = "/office/cover"
    include_in_schema = False

    @get("/", opt={"permission": Permission.COVER_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 7,
        product: Annotated[str, QueryParameter(max_length=40)] = "",
    ) -> Response[bytes]:
        """The rate of the last days, and what is on offer; a product's form stands below."""
        return await _page(request, uow, principal, path, days, product=product)

    @post("/products", opt={"permission": Permission.COVER_MANAGE})
    async def save(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Offer a product at a place."""
        values = await pages.form_values(request)
        path = str(values.get("path", "")) or None
        async with _shown(request, uow, principal, path, values):
            await products.add_product(uow, place_of(path, uow), _form(values))
        return pages.redirect(request, f"/office/cover?path={path or ''}", say="上架了。")

    @post("/products/{product_id:uuid}", opt={"permission": Permission.COVER_MANAGE})
    async def change(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        product_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Change a product or take it off the list."""
        values = await pages.form_values(request)
        path = str(values.get("path", "")) or None
        async with _shown(request, uow, principal, path, values, str(product_id)):
            await products.change_product(uow, product_id, _form(values))
        return pages.redirect(request, f"/office/cover?path={path or ''}", say="改好了，已经参保的不变。")


def _form(values: dict[str, Any]) -> ProductForm:
    typed: dict[str, Any] = {k: str(values.get(k, "")) for k in (*_TEXTS, *_NUMBERS, "kind", "payer")}
    for key in _MONEY:
        try:
            typed[key] = int(from_yuan(str(values.get(key, "")) or "0"))
        except ValueError:
            typed[key] = str(values.get(key, ""))
    picked = values.get("classes", [])
    typed["classes"] = picked if isinstance(picked, list) else [picked]
    typed["active"] = bool(values.get("active"))
    typed["made_up"] = bool(values.get("made_up"))
    return pages.convert(ProductForm, typed)


def _values(view: ProductView) -> dict[str, Any]:
    typed: dict[str, Any] = {k: getattr(view, k) for k in (*_TEXTS, *_NUMBERS, "kind", "payer")}
    typed |= {k: yuan(getattr(view, k)).replace(",", "") for k in _MONEY}
    return typed | {
        "classes": [str(c) for c in view.classes],
        "active": "1" if view.active else "",
        "made_up": "1" if view.made_up else "",
    }


def _shown(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    path: str | None,
    values: dict[str, Any],
    product: str = "",
) -> Step:
    async def show(fresh: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
        return await _page(request, fresh, principal, path, 7, product=product, values=values, error=error)

    return shown(request, uow, show, Invalid, Conflict)


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    path: str | None,
    days: int,
    *,
    product: str = "",
    values: dict[str, Any] | None = None,
    error: Invalid | Conflict | None = None,
) -> Response[bytes]:
    place = place_of(path or None, uow)
    node = await tree.node(uow, place)
    until = clock.business_date(uow.now)
    await caught_up(request.app.state.database)
    found = await cover_rate(uow, place, until - timedelta(days=days - 1), until)
    offered = [queries.product_view(p) for p in await queries.products(uow, place, also_off=True)]
    chosen = next((p for p in offered if str(p.id) == product), None)
    own = chosen is not None and uow.scope.covers(chosen.tenant)
    filled = values if values is not None else _values(chosen) if chosen is not None else {"active": "1"}
    invalid = error if isinstance(error, Invalid) else None
    return menus.render(
        request,
        principal,
        "cover/offer.html",
        status=200 if error is None else error.status,
        node_name=node.name,
        path=place,
        days=days,
        rate=_figures(found),
        products=[
            {
                "id": str(p.id), "code": p.code, "line": words.product(p), "kind": words.KINDS[p.kind], "insurer": p.insurer,
                "classes": "、".join(map(str, p.classes)), "hours": p.max_hours, "active": p.active, "made_up": p.made_up,
                "own": uow.scope.covers(p.tenant),
            }
            for p in offered
        ],
        may_manage=menus.may(request, principal, Permission.COVER_MANAGE),
        form=pages.form_state(filled, invalid),
        labels=LABELS,
        action=f"/office/cover/products/{product}" if own or (product and values is not None) else "/office/cover/products",
        editing=own,
        refusal=error.detail if isinstance(error, Conflict) else "",
    )  # fmt: skip


def _figures(found: CoverRate) -> dict[str, Any]:
    share = "—" if found.rate is None else f"{found.rate:.1%}"
    return {
        "share": share,
        "first": date.isoformat(found.first),
        "last": date.isoformat(found.last),
        "lines": [
            ("到岗", found.checked_in), ("到岗时已参保", found.covered), ("其中政府出钱", found.covered_government),
            ("其中雇主加保", found.covered_employer), ("双方放弃", found.waived), ("没保险", found.uncovered),
        ],
        "refused": "、".join(f"{_REASONS.get(k, k)} {n} 人" for k, n in found.refused.items()) or "没有",
    }  # fmt: skip
