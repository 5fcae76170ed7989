"""The whole loop: what goes wrong between two people who agreed on a day's work, and how it is put right."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go from the city whose offices are whole to the one whose loop is."""
    bind = op.get_bind()
    for name in (
        "0003_days.sql",
        "0003_cover.sql",
        "0003_wages.sql",
        "0003_trust.sql",
        "0003_before.sql",
        "0003_onsite.sql",
        "0003_cases.sql",
        "0003_contracts.sql",
    ):
        run_file(bind, name)
