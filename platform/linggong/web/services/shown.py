"""What the pages of services share: the row of their pages, and reading a form of theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response

from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.web import menus, pages
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
S = TypeVar("S", bound=msgspec.Struct)
PAGES: Final = (
    ("services", "/desk/services", "受理"), ("assist", "/desk/assist", "帮扶"), ("courses", "/desk/courses", "培训"),
    ("things", "/desk/things", "借还场地"), ("ratings", "/desk/ratings", "评价"),
)  # fmt: skip
_LOCAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


def render(request: AnyRequest, principal: Principal, template: str, here: str, **context: Any) -> Response[bytes]:
    """Return a page of services with the row that leads to the others."""
    return menus.render(
        request,
        principal,
        f"services/{template}",
        rooms=[{"href": href, "label": label, "on": key == here} for key, href, label in PAGES],
        may_act=menus.may(request, principal, Permission.SERVICE_TAKE),
        form={"values": {}, "errors": {}},
        **context,
    )


def options(words: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a list of words as the options of a field."""
    return [{"value": key, "label": label} for key, label in words.items()]


def read(struct: type[S], values: Mapping[str, Any]) -> S:
    """Read a posted form: what is empty is not there, moments are local ones, sums in fen were typed in yuan."""
    kept: dict[str, Any] = {}
    faults = []
    for name in struct.__struct_fields__:
        typed = values.get(name.removesuffix("_fen"))
        if not isinstance(typed, str) or not typed.strip():
            continue
        if local := _LOCAL.fullmatch(typed):
            # A browser leaves the seconds out; RFC 3339 knows no moment without them.
            kept[name] = f"{typed}{'' if local[1] else ':00'}+08:00"
        else:
            kept[name] = typed
        if name.endswith("_fen"):
            try:
                kept[name] = int(from_yuan(typed))
            except ValueError:
                faults.append(Fault(name, "金额写数字，单位元，例如 1200。", "format"))
    if faults:
        raise Invalid(faults)
    return pages.convert(struct, kept)


def typed(values: Mapping[str, Any], name: str) -> str:
    """Return what was typed into a field."""
    found = values.get(name)
    return found if isinstance(found, str) else ""
