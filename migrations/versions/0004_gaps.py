"""What the loop lacked: deadlines that act, entries by proxy that are marked, reports without an account."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go from the whole loop to the one without gaps."""
    bind = op.get_bind()
    for name in (
        "0004_loop.sql",
        "0004_live.sql",
        "0004_worker.sql",
        "0004_help.sql",
        "0004_hall.sql",
        "0004_reports.sql",
        "0004_cover.sql",
        "0004_offices.sql",
        "0004_speed.sql",
        "0004_phones.sql",
        "0004_employer.sql",
        "0004_inbox.sql",
        "0004_site.sql",
        "0004_desk.sql",
    ):
        run_file(bind, name)
