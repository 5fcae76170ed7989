"""Where somebody lands after signing in: the first screen answers the question that he came with."""

from __future__ import annotations

from linggong.web import pages
from rbac.principal import Principal
from rbac.roles import Role

_HOMES = {
    Role.WORKER: "/my/jobs",
    Role.EMPLOYER: "/employer",
    Role.STATION_CLERK: "/desk",
    Role.STATION_MANAGER: "/desk",
    Role.STREET_OPERATOR: "/bureau",
    Role.COUNTY_OPERATOR: "/bureau",
    Role.COUNTY_BUREAU: "/bureau",
    Role.MEDIATOR: "/office/mediation",
    Role.INSURER: "/office/insurer",
    Role.DEPARTMENT_VIEWER: "/office/referrals",
    Role.CITY_BUREAU: "/bureau",
    Role.CITY_ANALYST: "/bureau",
    Role.AUDITOR: "/audit",
    Role.PII_OFFICER: "/desk/people",
    Role.SYSADMIN: "/office/staff",
}


def home_of(principal: Principal) -> str:
    """Return the first page of a principal; anybody else gets the board."""
    return _HOMES.get(principal.acting.role, "/")


def safe_next(path: str, principal: Principal) -> str:
    """Return where to go on after signing in: a path of ours, else the first page."""
    if pages.is_own_path(path) and not path.startswith(("/sign-in", "/register", "/sign-out", "/desk/switch")):
        return path
    return home_of(principal)
