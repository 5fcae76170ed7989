"""Offices: all roles and their policies, delegation, separation of duties, and what guards them."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go from the city that stands to the one whose offices are whole."""
    bind = op.get_bind()
    for name in (
        "0002_roles.sql",
        "0002_audit.sql",
        "0002_audit_check.sql",
        "0002_decisions.sql",
        "0002_staff.sql",
        "0002_sign_in.sql",
        "0002_privacy.sql",
        "0002_console.sql",
        # After every table of this revision: whatever changes from here on is audited.
        "0002_audit_triggers.sql",
        "0002_policies.sql",
    ):
        run_file(bind, name)
