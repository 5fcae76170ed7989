"""Stations, ledgers, services, and the 100-point assessment."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILES: tuple[str, ...] = (
    "0007_evidence.sql",
    "0007_letters.sql",
    "0007_sites.sql",
    "0007_services.sql",
    "0007_outreach.sql",
    "0007_ledgers.sql",
    "0007_inspection.sql",
    "0007_assessment.sql",
    "0007_operators.sql",
)


def upgrade() -> None:
    """Go from the market that measures itself to the one whose organisation is kept, inspected and assessed."""
    bind = op.get_bind()
    for name in FILES:
        run_file(bind, name)
