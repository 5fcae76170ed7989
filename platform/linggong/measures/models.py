"""Daily facts of the measures, and how far the trail of changes has been followed into them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk


class MetricFact(Base):
    """One additive component of a day, a place, a trade and a group of workers. Sums of rows are exact over any of them.

    `key` is '' for a plain count or sum. Where a figure needs a median it holds the value (minutes, fen an hour) and `value` how
    often it came; where persons or employers are counted once, their id. `grp` is '' where a fact is about no worker, else his
    age that day and whether a proof of hardship was in force (`subject.GROUPS`).
    """

    __tablename__ = "metric_facts"
    __table_args__ = (
        tenant_fk(),
        sa.Index(None, "component", "tenant", "day"),
        sa.Index(None, "day"),
        {"info": RowScope(cls="tenant", tenant="tenant", audit="derived: counted from what is audited").info()},
    )

    tenant: Mapped[PathColumn] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    component: Mapped[PathColumn] = mapped_column(primary_key=True)
    trade_code: Mapped[PathColumn] = mapped_column(primary_key=True)
    grp: Mapped[PathColumn] = mapped_column(primary_key=True)
    key: Mapped[PathColumn] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger)
    version: Mapped[int]
    """The version of the rules that counted it (`definitions.VERSION`)."""


class MetricPosition(Base):
    """How far a chain of the audit trail has been followed into the facts."""

    __tablename__ = "metric_positions"
    __table_args__ = ({"info": RowScope(cls="system", audit="the machine's own: where a job goes on reading").info()},)

    chain: Mapped[UuidPk]
    n: Mapped[int] = mapped_column(sa.BigInteger)


class MetricSum(Base):
    """Facts summed up over the trades and places below a county or city: by day, and by month once it is over.

    It holds what is asked without a trade and a group, and what is about hardship alone (`grp` 'h'). `key` is that of the facts. Where
    that is a person or an employer there is one row, and `bits` has a bit for each of them by his `MetricNumber`: two rows laid over
    each other count everybody once.
    """

    __tablename__ = "metric_sums"
    __table_args__ = (
        tenant_fk(),
        sa.Index(None, "first"),
        sa.CheckConstraint("span IN ('day', 'month')", name="span"),
        {"info": RowScope(cls="tenant", tenant="tenant", audit="derived: summed up from the daily facts").info()},
    )

    tenant: Mapped[PathColumn] = mapped_column(primary_key=True)
    span: Mapped[PathColumn] = mapped_column(primary_key=True)
    grp: Mapped[PathColumn] = mapped_column(primary_key=True)
    component: Mapped[PathColumn] = mapped_column(primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[PathColumn] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger)
    bits: Mapped[bytes] = mapped_column(server_default=sa.text("''::bytea"))


class MetricNumber(Base):
    """The number of a person or an employer in the bits of the sums."""

    __tablename__ = "metric_numbers"
    __table_args__ = ({"info": RowScope(cls="system", audit="derived: numbers what the facts name").info()},)

    key: Mapped[PathColumn] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(sa.Integer, sa.Identity(), unique=True)
