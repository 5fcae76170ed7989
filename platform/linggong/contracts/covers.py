"""What the paper says about insurance: the policies as they stand when it is sealed, or the waiver."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from linggong.cover.machines import POLICY
from linggong.cover.models import CoverPolicy, CoverProduct, CoverWaiver
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.work.models import Engagement

_PAYERS = {"government": "政府", "employer": "雇主"}


async def tables(uow: UnitOfWork, row: Engagement) -> list[dict[str, object]]:
    """Return the tables of an engagement's policies, and a line for a waiver; nothing where there is neither."""
    found = await uow.execute(
        sa.select(CoverPolicy, CoverProduct)
        .join(CoverProduct, CoverProduct.id == CoverPolicy.product_id)
        .where(CoverPolicy.engagement_id == row.id, CoverPolicy.state.in_(("pending", "active", "refused")))
        .order_by(CoverPolicy.requested_at)
    )
    lines = [
        [
            product.name,
            policy.policy_no or POLICY.labels[policy.state],
            f"{_when(policy.starts_at)} 至 {_when(policy.ends_at)}",
            f"身故伤残 {format_yuan(product.death_fen)} 元，医疗 {format_yuan(product.medical_fen)} 元",
            _PAYERS.get(policy.payer, policy.payer),
        ]
        for policy, product in found
    ]
    made: list[dict[str, object]] = []
    if lines:
        made.append(
            {"widths": [0, 0, 1, 1, 0], "head": ["险种", "保单号", "保险期间", "保额", "谁付保费"], "rows": lines}
        )
    if await uow.session.scalar(sa.select(CoverWaiver.id).where(CoverWaiver.engagement_id == row.id).limit(1)):
        words = "雇主声明不参保并承担责任，零工已被当面（或语音）告知没有商业保险；该声明不免除工伤保险的义务。"
        made.append({"widths": [1], "head": ["未参保声明"], "rows": [[words]]})
    return made


def _when(moment: datetime) -> str:
    local = clock.shanghai(moment)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
