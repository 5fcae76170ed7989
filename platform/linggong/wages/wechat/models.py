"""Whose merchant account pays, whose WeChat is paid, and each transfer that was ordered."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.wages.models import indexes
from linggong.work.models import Sided, sided_keys, sides

STATES: Final = ("sending", "waiting", "unknown", "done", "unrecorded", "failed")
OPEN: Final = ("sending", "waiting", "unknown")
"""Money may still move: nothing else is paid by WeChat on that bill meanwhile."""
MOVING: Final = ("sending", "waiting")
"""What is set aside on the bill. An unknown one is not: the employer looks at WeChat and writes down what he sees."""


class WechatMerchant(Base):
    """An employer's own merchant account at WeChat Pay. Its keys are sealed; nobody but him and the line reads the row."""

    __tablename__ = "wechat_merchants"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        {
            "info": RowScope(
                cls="person",
                employer="employer_id",
                audit="its events tell who connected it and when; keys that were taken away must not stay in a trail",
            ).info()
        },
    )

    employer_id: Mapped[UUID] = mapped_column(primary_key=True)
    mchid: Mapped[str]
    serial: Mapped[str]
    """Serial number of the merchant's certificate."""
    key_sealed: Mapped[bytes]
    """The merchant's private key (PEM), sealed for wechat_merchants.key_sealed.<employer>."""
    api_sealed: Mapped[bytes]
    """The APIv3 key, sealed for wechat_merchants.api_sealed.<employer>."""
    public_id: Mapped[str]
    """The id under which WeChat Pay signs for this merchant (微信支付公钥ID)."""
    public_key: Mapped[str]
    """The public key (PEM) with which its signatures are checked and names are encrypted."""
    connected_at: Mapped[datetime]


class WechatBinding(Base):
    """A worker's WeChat account, for what he agreed to: wages, messages or both. His own alone, gone when he takes both back."""

    __tablename__ = "wechat_bindings"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"]),
        sa.ForeignKeyConstraint(["messages_consent_id"], ["consents.id"]),
        sa.CheckConstraint("consent_id IS NOT NULL OR messages_consent_id IS NOT NULL", name="purpose"),
        sa.CheckConstraint("message_grants >= 0", name="grants"),
        sa.Index(None, "consent_id"),
        sa.Index(None, "messages_consent_id"),
        {
            "info": RowScope(
                cls="person",
                person="person_id",
                audit="its consent and its events tell when it was given; what was taken back must not stay in a trail",
            ).info()
        },
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    openid_sealed: Mapped[bytes]
    """Sealed for wechat_bindings.openid_sealed.<person>."""
    consent_id: Mapped[UUID | None]
    """His consent that wages are paid there; None: it is for messages alone."""
    bound_at: Mapped[datetime]
    messages_consent_id: Mapped[UUID | None]
    """His consent that notices are sent there."""
    message_grants: Mapped[int] = mapped_column(default=0)
    """How many messages he still allows: WeChat takes one for each press of his (一次性订阅)."""


class WechatTransfer(Sided, Base):
    """One transfer that an employer ordered for one bill. Its id is the payment's id, and its number at WeChat."""

    __tablename__ = "wechat_transfers"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("state", STATES),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(
            "uq_wechat_transfers_open",
            "bill_id",
            unique=True,
            postgresql_where=sa.text("state IN ('sending', 'waiting', 'unknown')"),
        ),
        sa.Index(None, "bill_id"),
        *indexes(),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    mchid: Mapped[str]
    amount_fen: Mapped[Fen]
    openid_sealed: Mapped[bytes]
    """Whom it goes to, as he was bound when it was ordered: asking again asks the same. Sealed for wechat_transfers.openid_sealed.<id>."""
    state: Mapped[str]
    said: Mapped[str] = mapped_column(default="")
    """What WeChat last called it: ACCEPTED, WAIT_USER_CONFIRM, SUCCESS and so on."""
    reason: Mapped[str] = mapped_column(default="")
    """In Chinese, why nothing was paid, or why what was paid could not be written down."""
    transfer_bill_no: Mapped[str] = mapped_column(default="")
    """WeChat's own number: the proof."""
    ordered_by: Mapped[UUID]
    ordered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def out_bill_no(self) -> str:
        """The number under which WeChat knows it; the same number again is the same transfer."""
        return self.id.hex
