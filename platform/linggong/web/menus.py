"""The menu of staff on their screens: what the acting post may open, in the order in which a day needs it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response

from linggong.kernel.errors import Forbidden
from linggong.web import pages
from linggong.web.inbox import badge
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role
from rbac.store import DecisionStore

AnyRequest = Request[Any, Any, Any]
Entry = dict[str, str]


def _entry(key: str, href: str, label: str, kbd: str = "") -> Entry:
    return {"key": key, "href": href, "label": label, "kbd": kbd}


_CASES: Final = _entry("cases", "/desk/cases", "纠纷")
_SERVICES: Final = _entry("services", "/desk/services", "服务", "F9")
_IN_TIME: Final = _entry("in_time", "/bureau/services", "服务按时率")
_CATALOGUE: Final = _entry("catalogue", "/office/services", "服务事项")
_CREDIT: Final = _entry("credit", "/desk/credit", "信用")
_WEATHER: Final = _entry("weather", "/desk/weather", "天气")
_FILES: Final = _entry("files", "/places", "档案")
_INBOX: Final = _entry("inbox", "/inbox", "收件")
_OUTREACH: Final = _entry("outreach", "/outreach", "走访招聘会")
_MENDING: Final = _entry("mending", "/rectifications", "整改")
_DESK: Final = (
    _entry("home", "/desk", "工作台"),
    _INBOX,
    _entry("register", "/desk/register", "快速登记", "F2"),
    _entry("post", "/desk/post", "快速发布", "F3"),
    _entry("review", "/desk/review", "审核", "F4"),
    _entry("dispatch", "/desk/dispatch", "配岗", "F7"),
    _entry("calls", "/desk/calls", "打电话"),
    _entry("orders", "/desk/orders", "用工单"),
    _SERVICES,
    _entry("wages", "/desk/wages", "工资"),
    _entry("people", "/desk/people", "找人"),
    _CASES,
    _entry("employers", "/desk/employers", "雇主"),
    _OUTREACH,
    _CREDIT,
    _WEATHER,
    _FILES,
    _MENDING,
    _entry("import", "/desk/import", "导入"),
)
_OVERVIEW: Final = _entry("overview", "/bureau", "总览")
_MEASURES: Final = _entry("measures", "/bureau/measures", "统计")
_INSPECTIONS: Final = _entry("inspections", "/bureau/inspections", "检查")
_CARDS: Final = _entry("station_cards", "/bureau/station-cards", "红黄牌")
_STATIONS: Final = _entry("stations", "/bureau/stations", "站点")
_ASSESS: Final = _entry("assess", "/bureau/assessments", "考核")
_TARGETS: Final = _entry("targets", "/bureau/targets", "目标覆盖")
_PARAMETERS: Final = _entry("parameters", "/bureau/parameters", "参数")
_POLICIES: Final = _entry("policies", "/office/policies", "权限")
_HOLDS: Final = _entry("holds", "/bureau/holds", "冻结核查")
_REVIEW: Final = _entry("review", "/desk/review", "审核", "F4")
_EMPLOYERS: Final = _entry("employers", "/desk/employers", "雇主")
_WAGES: Final = _entry("wages", "/desk/wages", "工资")
_WORKERS: Final = _entry("people", "/desk/people", "零工")
_AUDIT: Final = _entry("audit", "/audit", "审计")
_STAFF: Final = _entry("staff", "/office/staff", "人员")
_OPERATORS: Final = _entry("operators", "/office/operators", "运营方")
_SETTLEMENTS: Final = _entry("settlements", "/office/settlements", "运营费")
_OUTSIDE: Final = _entry("outside", "/office/outside", "外部系统")
_COVER: Final = _entry("cover", "/office/cover", "保险")
_DESKS: Final = _entry("desks", "/office/outside-desks", "外单位")
_SITE: Final = _entry("site", "/office/site", "公示")
_BENEFITS: Final = _entry("benefits", "/office/benefits", "惠民政策")
_CONSOLE: Final = _entry("console", "/admin/", "后台")
_LEDGERS: Final = _entry("ledgers", "/ledgers", "台账")
_MANUAL: Final = _entry("manual", "/manual", "使用说明")
_PRACTICE: Final = _entry("practice", "/practice", "训练模式")
_MENUS: Final = {
    Role.STATION_CLERK: (*_DESK, _LEDGERS),
    Role.STATION_MANAGER: (*_DESK, _LEDGERS, _OVERVIEW, _MEASURES, _ASSESS, _STAFF),
    Role.STREET_OPERATOR: (
        _OVERVIEW,
        _MEASURES,
        _INBOX,
        _LEDGERS,
        _FILES,
        _IN_TIME,
        _REVIEW,
        _CASES,
        _EMPLOYERS,
        _OUTREACH,
        _WORKERS,
        _PARAMETERS,
        _STAFF,
    ),
    Role.COUNTY_OPERATOR: (
        _OVERVIEW,
        *_DESK,
        _MEASURES,
        _LEDGERS,
        _ASSESS,
        _TARGETS,
        _IN_TIME,
        _HOLDS,
        _PARAMETERS,
        _SITE,
        _BENEFITS,
        _STAFF,
        _OPERATORS,
        _SETTLEMENTS,
    ),
    Role.COUNTY_BUREAU: (
        _OVERVIEW,
        _MEASURES,
        _STATIONS,
        _INSPECTIONS,
        _CARDS,
        _LEDGERS,
        _TARGETS,
        _FILES,
        _INBOX,
        _REVIEW,
        _HOLDS,
        _EMPLOYERS,
        _OUTREACH,
        _WORKERS,
        _WAGES,
        _CASES,
        _COVER,
        _CREDIT,
        _WEATHER,
        _STAFF,
        _OPERATORS,
        _SETTLEMENTS,
        _ASSESS,
        _DESKS,
        _PARAMETERS,
        _IN_TIME,
        _CATALOGUE,
        _SITE,
        _BENEFITS,
        _POLICIES,
        _CONSOLE,
    ),
    Role.CITY_BUREAU: (
        _OVERVIEW,
        _MEASURES,
        _STATIONS,
        _INSPECTIONS,
        _CARDS,
        _LEDGERS,
        _TARGETS,
        _FILES,
        _INBOX,
        _entry("dispatch", "/desk/dispatch", "全市配岗"),
        _CASES,
        _EMPLOYERS,
        _OUTREACH,
        _WORKERS,
        _COVER,
        _CREDIT,
        _WEATHER,
        _STAFF,
        _OPERATORS,
        _SETTLEMENTS,
        _ASSESS,
        _DESKS,
        _PARAMETERS,
        _IN_TIME,
        _CATALOGUE,
        _SITE,
        _BENEFITS,
        _POLICIES,
        _CONSOLE,
    ),
    Role.MEDIATOR: (_entry("mediation", "/office/mediation", "我的调解"), _CASES),
    Role.INSURER: (
        _entry("insurer", "/office/insurer", "保单和理赔"),
        _entry("injuries", "/desk/injuries", "受伤报案"),
        _COVER,
    ),
    Role.DEPARTMENT_VIEWER: (
        _entry("referrals", "/office/referrals", "转给我们的"),
        _entry("inspections", "/inspections", "检查"),
    ),
    Role.CITY_ANALYST: (_OVERVIEW, _MEASURES),
    Role.AUDITOR: (
        _AUDIT,
        _OVERVIEW,
        _MEASURES,
        _LEDGERS,
        _TARGETS,
        _FILES,
        _EMPLOYERS,
        _OUTREACH,
        _WORKERS,
        _COVER,
        _CREDIT,
        _STAFF,
        _OPERATORS,
        _SETTLEMENTS,
        _ASSESS,
        _PARAMETERS,
        _POLICIES,
        _OUTSIDE,
        _CONSOLE,
    ),
    Role.PII_OFFICER: (_EMPLOYERS, _WORKERS),
    Role.SYSADMIN: (_STAFF, _OPERATORS, _DESKS, _PARAMETERS, _POLICIES, _OUTSIDE, _CONSOLE),
}


def menu_of(principal: Principal) -> list[Entry]:
    """Return the entries of the acting post's menu; nothing for anybody but staff."""
    return list(_MENUS.get(principal.acting.role, ()))


def menu_here(request: AnyRequest) -> list[Entry]:
    """Return the menu of whoever asks, with what waits in his inbox."""
    principal = request.state.get("principal")
    waiting = request.state.get(badge.STATE) or 0
    entries = menu_of(principal) if isinstance(principal, Principal) else []
    if entries:
        entries = [*entries, _MANUAL, _PRACTICE]
    return [entry | {"waiting": str(waiting or "")} if entry["key"] == "inbox" else entry for entry in entries]


def may(request: AnyRequest, principal: Principal, permission: Permission) -> bool:
    """Tell whether the acting post may do this anywhere: whether a page shows the button at all."""
    store: DecisionStore = request.app.state.decisions
    return store.current.anywhere(principal, permission)


def need(request: AnyRequest, principal: Principal, permission: Permission) -> None:
    """Refuse whoever may not open the page that an operation answers with; raises Forbidden."""
    if not may(request, principal, permission):
        raise Forbidden("您现在的岗位不能打开这个页面。需要的话，请切换岗位或联系管理员。")


def render(
    request: AnyRequest, principal: Principal, template: str, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """Return a page of staff with the menu of the acting post."""
    return pages.render(
        request,
        template,
        status=status,
        nav=menu_here(request),
        posts_held=1 + len(principal.others),
        **context,
    )
