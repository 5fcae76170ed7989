"""The city stands: tables, row security, owner functions, the board's trigger, the task queue, seeded policies."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything from empty."""
    bind = op.get_bind()
    for name in (
        "0001_tables.sql",
        "0001_events.sql",
        "0001_row_security.sql",
        "0001_people.sql",
        "0001_work.sql",
        "0001_wages.sql",
        "0001_board.sql",
        "0001_grants.sql",
        "0001_queue.sql",
        "0001_policies.sql",
    ):
        run_file(bind, name)
