"""${message}.

Before committing: is it forward only, does it hold a lock on a large table for long, does NOT NULL come in steps, does a
new table declare its scope class and get its policies, and has the SQL been read aloud?
"""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    run_file(op.get_bind(), "${up_revision}_CHANGE.sql")
