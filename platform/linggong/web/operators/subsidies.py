"""What subsidies are reckoned from, kept calculations, and decisions that somebody leaves (R135, R136)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Invalid, NotFound
from linggong.kernel.money import format_yuan
from linggong.kernel.sheets import write_book
from linggong.offices import operator_queries
from linggong.operators import subsidy
from linggong.operators.subsidy import ExitForm, Inputs, RateForm, SubsidyForm
from linggong.web import menus, pages
from linggong.web.office import steps
from linggong.web.operators import typed
from linggong.web.places import typed_place
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
_KINDS: Final = (
    "county",
    "zone",
    "market_comprehensive",
    "market_trade",
    "station",
    "service_point",
    "contact_point",
    "counter",
)


class _Asked(msgspec.Struct):
    path: str = ""
    kind: str = "market"
    first: date | None = None
    last: date | None = None


class SubsidyPages(Controller):
    """One page, its workbook, and two forms."""

    path = "/office/subsidies"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SETTLEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The figures asked for, the calculations and the decisions."""
        return await _show(request, uow, principal)

    @get("/inputs.xlsx", opt={"permission": Permission.SETTLEMENT_READ})
    async def book(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: FromQuery[str] = "", kind: FromQuery[str] = "market", first: FromQuery[str] = "", last: FromQuery[str] = "",
    ) -> Response[bytes]:  # fmt: skip
        """The same figures as a workbook, with what each of them means."""
        asked = await _asked(request, uow, principal)
        found = await subsidy.inputs(uow, asked.path, asked.kind, *_span(asked, uow))
        head = ["部分", "项目", "数值", "单位", "来源和定义版本"]
        figures: list[list[Any]] = [
            head,
            *([x.part, x.label, "" if x.value is None else _value(x), _unit(x), x.source] for x in found.lines),
        ]
        words: list[list[Any]] = [
            ["地方", found.name], ["种类", subsidy.KINDS[found.kind]], ["时间段", f"{found.first} 至 {found.last}"],
            ["测算依据版本", found.version], ["导出时间", f"{clock.shanghai(uow.now):%Y-%m-%d %H:%M}"],
            ["说明", "空格是没有分母、算不出来。这里只有依据，标准和金额由人社局、财政定。"],
        ]  # fmt: skip
        return attachment(
            f"补助依据-{found.name}-{found.first}-{found.last}.xlsx", write_book({"数字": figures, "说明": words})
        )

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def record(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Keep a calculation."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, values), values):
            asked = typed.given(values, "path", "kind", "first", "last", "words")
            form = pages.convert(SubsidyForm, {"path": ""} | asked)
            form.rates = [
                RateForm(key=name.removeprefix("rate_"), rate_fen=typed.fen(values, name))
                for name in values
                if name.startswith("rate_") and str(values[name]).strip()
            ]
            row = await subsidy.record(uow, form)
        return pages.redirect(
            request, "/office/subsidies", say=f"记好了：{format_yuan(row.amount_fen)} 元。系统不会自己付款。"
        )

    @post("/exits", opt={"permission": Permission.OPERATOR_MANAGE})
    async def leave(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Keep a decision that somebody leaves."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal), values):
            asked = typed.given(values, "contract_id", "document", "decided_on", "leaves_on")
            at = str(values.get("exit_place", ""))
            path = "" if values.get("contract_id") else await typed_place(uow, at, "exit_place", within=uow.scope)
            reasons = typed.filled_lines(values, "reasons")
            kind = "operator" if values.get("contract_id") else str(values.get("leaver") or "market")
            await subsidy.decide_exit(
                uow, pages.convert(ExitForm, asked | {"kind": kind, "path": path, "reasons": reasons})
            )
        say = "决定记下了。终止合同、关停站点还要到各自的页面去办。"
        return pages.redirect(request, "/office/subsidies", say=say)


async def _asked(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, values: dict[str, Any] | None = None
) -> _Asked:
    """Return what was asked for in the address or sent with a form; one's own place and the last month without a word."""
    typed_in: dict[str, Any] = values if values is not None else dict(request.query_params)
    asked = pages.convert(_Asked, typed.given(typed_in, "path", "kind", "first", "last"))
    if asked.path and not asked.path.startswith("/"):
        asked.path = await typed_place(uow, asked.path, within=uow.scope)
    asked.path = asked.path or principal.acting.path
    return asked


def _span(asked: _Asked, uow: UnitOfWork) -> tuple[date, date]:
    until = clock.business_date(uow.now).replace(day=1) - timedelta(days=1)
    return asked.first or until.replace(day=1), asked.last or until


async def _show(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, values: dict[str, Any] | None = None
) -> Response[bytes]:
    found: Inputs | None = None
    refusals: list[str] = []
    asked, span = _Asked(), ("", "")
    try:
        asked = await _asked(request, uow, principal, values)
        first, last = _span(asked, uow)
        span = (first.isoformat(), last.isoformat())
        found = await subsidy.inputs(uow, asked.path, asked.kind, first, last)
    except Invalid as error:
        refusals = [fault.message for fault in error.faults]
    except NotFound as error:
        refusals = [error.detail]
    records, exits = await subsidy.records(uow), await subsidy.exits(uow)
    names = await tree.names(uow, {*(row.tenant for row in records), *(row.tenant for row in exits)}, full=True)
    manages = menus.may(request, principal, Permission.OPERATOR_MANAGE)
    contracts = await operator_queries.contracts_seen(uow) if manages else []
    places = await steps.places(uow, _KINDS)
    return menus.render(
        request, principal, "operators/subsidies.html", place=_called(asked.path, places), found=found, refusals=refusals, asked=asked, span=span,
        kinds=subsidy.KINDS, records=records, exits=exits, names=names, form=pages.form_state(), may_manage=manages,
        places=places, value=_value, unit=_unit,
        contracts=[{"value": str(c.id), "label": f"{c.number} {c.operator}"} for c in contracts],
    )  # fmt: skip


def _called(path: str, places: list[str]) -> str:
    """Return a place as it is typed: its name, with its path where another place of the list has the same name."""
    here = next((one for one in places if one.endswith(f" {path}")), path)
    name = here.removesuffix(f" {path}")
    return name if sum(one.rpartition(" ")[0] == name for one in places) == 1 else here


def _value(line: subsidy.Input) -> float | str:
    if line.value is None:
        return "—"
    return format_yuan(int(line.value)) if line.unit == "分" else line.value


def _unit(line: subsidy.Input) -> str:
    return "元" if line.unit == "分" else line.unit
