"""What the system proposes about a place, with its evidence (R132); deciding is `cards`', and a person's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from linggong.inspection import common
from linggong.inspection.models import CardProposal, InspectionFinding
from linggong.inspection.wording import PROPOSAL_WORDS
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.measures import zombies
from linggong.measures.site_models import SiteHit
from tenants.models import Node

OF_HIT: Final = {"notice": "notice", "yellow": "yellow", "delist": "circular"}
"""What a month under the zombie rule proposes: the third a circular first, from which the removal follows."""


async def propose(
    uow: UnitOfWork, node: Node, kind: str, source: str, words: str, evidence: Sequence[dict[str, Any]],
    *, card_id: UUID | None = None,
) -> CardProposal:  # fmt: skip
    """Propose a step about a place; while one of the kind is open, the new evidence is added to it."""
    row = await uow.session.scalar(
        sa.select(CardProposal)
        .where(CardProposal.node_id == node.id, CardProposal.kind == kind, CardProposal.state == "open")
        .with_for_update()
    )
    if row is not None:
        row.evidence = [*row.evidence, *evidence]
        row.card_id = row.card_id or card_id
        await uow.flush()
        return row
    row = CardProposal(
        id=new_id(), tenant=node.path, node_id=node.id, kind=kind, source=source, words=words, evidence=list(evidence),
        card_id=card_id, state="open", made_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(
        uow, "card.proposed", node, row.id, kind=kind, asks=PROPOSAL_WORDS[kind], name=node.name, words=words
    )
    return row


async def of_hit(uow: UnitOfWork, told: NewEvent) -> None:
    """A station met the zombie rule in a month: notice, then yellow card, then circular (and removal) is proposed."""
    if told.tenant is None:
        return
    hit = await uow.session.scalar(
        sa.select(SiteHit).where(SiteHit.tenant == told.tenant).order_by(SiteHit.month.desc()).limit(1)
    )
    if hit is None:
        return
    node = await common.node_at(uow, told.tenant)
    words = f"{hit.month:%Y年%m月}{zombies.RULE_WORDS[hit.verdict]}，连续第 {hit.nth} 个月：{told.body['words']}"
    await propose(
        uow, node, OF_HIT[hit.proposes], "zombie", words, [{"kind": "site_hit", "id": str(hit.id), "words": words}]
    )


async def of_overdue(uow: UnitOfWork, told: NewEvent) -> None:
    """A finding was not put right in time: a yellow card is proposed; of a yellow card, a circular."""
    row = None if told.subject_id is None else await uow.session.get(InspectionFinding, told.subject_id)
    if row is None:
        return
    node = await common.node_at(uow, row.tenant)
    proof = [{"kind": "finding", "id": str(row.id), "words": f"{row.title}：{row.words}（期限 {row.due_on}）"}]
    if row.card_id is None:
        words = f"“{row.title}”到 {row.due_on} 没有整改到位。"
        await propose(uow, node, "yellow", "finding", words, proof)
    else:
        words = f"黄牌整改到 {row.due_on} 没有完成。"
        await propose(uow, node, "circular", "card", words, proof, card_id=row.card_id)
