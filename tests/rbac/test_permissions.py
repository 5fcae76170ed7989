"""Every permission has its words, a rule, and an operation that asks for it; and no operation asks for nothing."""

from __future__ import annotations

from pathlib import Path

from linggong.app.application import build
from linggong.kernel.settings import Settings
from rbac.labels import GROUP_LABELS, PERMISSION_LABELS
from rbac.permissions import Permission
from rbac.permissions import Permission as P
from rbac.policies import seed_policies
from rbac.roles import ROLE_LABELS, Role

LATER_FLOORS = {
    "inspection", "report", "procurement", "settlement", "cover", "claim",
}  # fmt: skip
"""Objects of floors that are not built yet; their rules are seeded so that roles are whole."""
NO_OPERATION = {
    P.ASSIGNMENT_READ: "assignments are read with their order; the console lists the table",
    P.EVENT_READ: "events are read with what they are about; the console lists the table",
    P.IMPORT_READ: "batches are told by the import itself; the console lists the table",
    P.CONSOLE_USE: "the console has its own door",
    P.MESSAGE_READ: "the console lists the table",
    P.MESSAGE_RESEND: "an operation of the console",
    P.AUDIT_EXPORT: "the audited export",
    P.ORDER_EXPORT: "the audited export", P.BILL_EXPORT: "the audited export", P.STAFF_EXPORT: "the audited export",
    P.PERSON_EXPORT: "the audited export", P.OVERVIEW_EXPORT: "workbooks of figures come with the statistics page",
    P.EMPLOYER_BAN: "bans come with the supervision floor",
}  # fmt: skip
"""Permissions that may be without an operation of the main app, and where they are asked for."""


def test_every_permission_has_words() -> None:
    assert set(PERMISSION_LABELS) == set(Permission)
    assert len(set(PERMISSION_LABELS.values())) == len(Permission), "two permissions must not read alike"
    assert {p.object for p in Permission} == set(GROUP_LABELS)
    assert set(ROLE_LABELS) == set(Role)


def test_every_permission_has_a_rule_and_every_rule_a_permission() -> None:
    allowed = {f"{row[2]}:{row[3]}" for row in seed_policies() if row[5] == "allow"}
    assert allowed == {p.value for p in Permission}
    assert {f"{row[2]}:{row[3]}" for row in seed_policies()} == allowed
    assert {row[0] for row in seed_policies()} == set(Role)
    rows = list(seed_policies())
    assert len(rows) == len(set(rows)), "no rule twice"


def test_every_permission_of_a_built_floor_has_an_operation(tmp_path: Path) -> None:
    app = build(Settings.from_env({"LINGGONG_DATA_DIR": str(tmp_path)}), "postgresql://nobody@127.0.0.1:1/nothing")
    asked: set[Permission] = set()
    for route in app.routes:
        handlers = [route.route_handler] if hasattr(route, "route_handler") else list(route.route_handlers)
        asked |= {h.opt["permission"] for h in handlers if "permission" in h.opt}
    without = {p for p in Permission if p not in asked and p.object not in LATER_FLOORS}
    assert without <= set(NO_OPERATION), without - set(NO_OPERATION)
