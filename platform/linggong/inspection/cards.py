"""Awards and yellow cards: given by a person of the bureau, with evidence, by a letter; each proposed step decided (R131, R132)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.inspection import common, inspecting, proposals, rectifying, wording
from linggong.inspection.machines import CARD, LIVE_CARD
from linggong.inspection.models import CardProposal, InspectionFinding, InspectionResult, StationCard
from linggong.inspection.planning import OF_BUREAU
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.letters import service as letters
from linggong.letters.kinds import MOST_FIELD
from linggong.letters.models import Letter
from linggong.letters.service import LetterForm
from linggong.measures.site_models import SiteHit
from tenants.kinds import SITE_KINDS, BuildStatus
from tenants.models import Node

ABOUT: Final = "card"
MOST_WORDS: Final = 1000
EVIDENCE_KINDS: Final = ("site_hit", "result", "finding", "paper")


class Proof(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a card rests on: a hit of the zombie rule, a result or finding of an inspection by id; or a paper, in words."""

    kind: Annotated[str, Meta(max_length=20)]
    words: Annotated[str, Meta(max_length=300)] = ""
    id: UUID | None = None


class CardForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A card to give. A yellow one has a demand and a day (default: card.rectify); an award may have a title of its own."""

    site: UUID
    colour: Annotated[str, Meta(max_length=10)]
    words: Annotated[str, Meta(max_length=MOST_WORDS)]
    evidence: Annotated[list[Proof], Meta(max_length=20)]
    demand: Annotated[str, Meta(max_length=MOST_WORDS)] = ""
    due_on: date | None = None


class DecisionForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person of the bureau decides about a proposal; declining needs a reason, a yellow card a demand."""

    accept: bool
    reason: Annotated[str, Meta(max_length=MOST_WORDS)] = ""
    demand: Annotated[str, Meta(max_length=MOST_WORDS)] = ""
    due_on: date | None = None


async def give(uow: UnitOfWork, form: CardForm) -> StationCard:
    """Give an award or a yellow card (111, 112). Raises Forbidden, NotFound, Conflict for a second yellow card, Invalid."""
    _bureau(uow)
    node = await site(uow, form.site)
    faults: list[Fault] = []
    if form.colour not in ("award", "yellow"):
        faults.append(Fault("colour", "请选：奖励，还是黄牌。", "choice"))
    if not 4 <= len(form.words.strip()) <= MOST_WORDS:
        faults.append(Fault("words", "请写事由，4 个字以上。", "required"))
    proof = await _proofs(uow, node, form.evidence, faults)
    yellow = form.colour == "yellow"
    if yellow and len(form.demand.strip()) < 4:
        faults.append(Fault("demand", "请写要怎样整改。", "required"))
    today = clock.business_date(uow.now)
    due_on = (
        form.due_on
        if form.due_on or not yellow
        else today + await inspecting.rectify_days(uow, node.path, "card.rectify")
    )
    if yellow and due_on is not None and due_on <= today:
        faults.append(Fault("due_on", "整改期限要在今天以后。", "past"))
    if not yellow and form.due_on is not None:
        faults.append(Fault("due_on", "奖励没有整改期限。", "unused"))
    if faults:
        raise Invalid(faults)
    if yellow and await open_of(uow, node.id):
        raise Conflict(f"“{node.name}”已有一张黄牌在整改，等它有结果再说。")
    title = wording.YELLOW if yellow else await wording.award_title(uow, node.path)
    step = CARD.step(NEW, "warn" if yellow else "award", common.acting_hand(uow))
    row = StationCard(
        id=new_id(), tenant=node.path, node_id=node.id, colour=form.colour, title=title, words=form.words.strip(),
        evidence=proof, state=step.target, due_on=due_on, given_at=uow.now,
        given_by=None if uow.actor.id == NOBODY else uow.actor.id, given_name=await common.name(uow),
        ended_at=None if yellow else uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    matter = _matter(row.words, proof)
    fields = {"matter": matter, "demand": form.demand.strip()} if yellow else {"matter": matter, "award": title}
    letter = await _letter(uow, node, "yellow_card" if yellow else "award", fields, row.id, due_on)
    row.letter_id = letter.id
    if yellow and due_on is not None:
        serious = await _serious(uow, proof)
        await rectifying.find(
            uow, node, requirement="R131", title=title, words=f"{row.words.rstrip('。')}。整改要求：{form.demand.strip()}", serious=serious,
            due_on=due_on, card_id=row.id,
        )  # fmt: skip
    await uow.flush()
    await common.tell(uow, "card.given", node, row.id, title=title, colour=row.colour, words=row.words, due_on=due_on)
    return row


def _matter(words: str, proof: Sequence[dict[str, Any]]) -> str:
    """Say what a letter is about, with its evidence in one sentence."""
    return words + "\n依据：" + "；".join(str(one.get("words", "")).rstrip("。；; ") for one in proof) + "。"


async def decide(uow: UnitOfWork, proposal_id: UUID, form: DecisionForm) -> CardProposal:
    """Decide a proposed step: send the letter, give the card, circulate; or decline it with a reason.

    Raises Forbidden, NotFound, Conflict for one that is decided or is a removal (which has a preview of its own), Invalid.
    """
    _bureau(uow)
    row = await locked(uow, proposal_id)
    node = await site(uow, row.node_id)
    reason = form.reason.strip()
    if not form.accept:
        if len(reason) < 4:
            raise Invalid([Fault("reason", "请写为什么不采纳。", "required")])
        return await close(uow, row, "declined", reason)
    if row.kind == "removal":
        raise Conflict("除名要先看清站里没办完的事转到哪里，请在“除名”页办。")
    if row.kind == "yellow":
        proof = [msgspec.convert(one, Proof, strict=False) for one in row.evidence if isinstance(one, dict)]
        card = await give(
            uow, CardForm(site=row.node_id, colour="yellow", words=row.words, evidence=proof, demand=form.demand, due_on=form.due_on)
        )  # fmt: skip
        row.card_id, row.letter_id = card.id, card.letter_id
    else:
        if len(form.demand.strip()) < 4:
            what = "请写要求。" if row.kind == "notice" else "请写处理意见。"
            raise Invalid([Fault("demand", what, "required")])
        matter = _matter(row.words, [one for one in row.evidence if isinstance(one, dict)])
        kind, key = ("warning", "demand") if row.kind == "notice" else ("circular", "decision")
        letter = await _letter(uow, node, kind, {"matter": matter, key: form.demand.strip()}, row.id, None)
        row.letter_id = letter.id
        if row.kind == "circular":
            await _circulated(uow, node, row)
    return await close(uow, row, "accepted", reason)


async def close(uow: UnitOfWork, row: CardProposal, state: str, reason: str) -> CardProposal:
    """Note what was decided about a proposal, by whom."""
    row.state, row.reason, row.decided_at = state, reason, uow.now
    row.decided_by, row.decided_name = None if uow.actor.id == NOBODY else uow.actor.id, await common.name(uow)
    await uow.flush()
    node = await common.node_at(uow, row.tenant)
    await common.tell(uow, f"card.{state}", node, row.id, kind=row.kind, reason=reason)
    return row


async def locked(uow: UnitOfWork, proposal_id: UUID) -> CardProposal:
    """Return an open proposal, locked; raises NotFound, Conflict for one that is decided."""
    row = await uow.session.scalar(
        sa.select(CardProposal)
        .where(CardProposal.id == proposal_id, uow.scope.clause(CardProposal.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.state != "open":
        raise Conflict("这条建议已经处理过了。")
    return row


async def open(uow: UnitOfWork, tenant: str) -> list[StationCard]:  # noqa: A001 - read as cards.open
    """Return the yellow cards at and below a place that are still being put right, the oldest first."""
    rows = await uow.session.scalars(
        sa.select(StationCard)
        .where(in_subtree(StationCard.tenant, tenant_path(tenant)), StationCard.state.in_(LIVE_CARD))
        .order_by(StationCard.given_at)
    )
    return list(rows)


async def open_of(uow: UnitOfWork, node_id: UUID) -> StationCard | None:
    """Return the yellow card that a place is putting right."""
    found: StationCard | None = await uow.session.scalar(
        sa.select(StationCard).where(StationCard.node_id == node_id, StationCard.state.in_(LIVE_CARD)).limit(1)
    )
    return found


async def site(uow: UnitOfWork, node_id: UUID) -> Node:
    """Return a place where people are served that is not closed; raises NotFound."""
    node = await uow.session.scalar(
        sa.select(Node).where(
            Node.id == node_id, uow.scope.clause(Node.path), Node.kind.in_([k.value for k in SITE_KINDS]),
            Node.status != BuildStatus.CLOSED,
        )
    )  # fmt: skip
    if node is None:
        raise NotFound
    return node


def _bureau(uow: UnitOfWork) -> None:
    if uow.actor.role not in OF_BUREAU:
        raise Forbidden("红黄牌由人社局的人决定，系统和别的单位只能建议。")


async def _circulated(uow: UnitOfWork, node: Node, row: CardProposal) -> None:
    card = None if row.card_id is None else await uow.session.get(StationCard, row.card_id, with_for_update=True)
    card = card or await open_of(uow, node.id)
    if card is not None and CARD.find(card.state, "circulate"):
        card.state = CARD.step(card.state, "circulate", common.acting_hand(uow)).target
        row.card_id = card.id
    await uow.flush()
    evidence = [*row.evidence, {"kind": "paper", "words": "已通报"}]
    await proposals.propose(uow, node, "removal", "card", f"已通报：{row.words}", evidence, card_id=row.card_id)


async def _letter(
    uow: UnitOfWork, node: Node, kind: str, fields: dict[str, str], about_id: UUID, due_on: date | None
) -> Letter:
    fields = {key: text[:MOST_FIELD] for key, text in fields.items()}
    return await letters.issue(
        uow,
        LetterForm(
            kind=kind, recipient="node", to=node.id, fields=fields, due_on=due_on, about=ABOUT, about_id=about_id
        ),
    )


async def _proofs(uow: UnitOfWork, node: Node, given: Sequence[Proof], faults: list[Fault]) -> list[dict[str, Any]]:
    if not given:
        faults.append(Fault("evidence", "没有依据不能亮牌：请选检查结果、僵尸驿站记录，或写明文件。", "required"))
    found: list[dict[str, Any]] = []
    for one in given:
        if one.kind not in ("site_hit", "result", "finding"):
            if one.kind != "paper" or len(one.words.strip()) < 4:
                faults.append(Fault("evidence", "书面依据请写明是哪份文件、哪次记录。", "required"))
            found.append({"kind": "paper", "words": one.words.strip()})
            continue
        row = await _named(uow, one)
        if row is None or row.tenant != node.path:
            faults.append(Fault("evidence", "有一条依据没有找到，或者不是这个站点的。", "unknown"))
            continue
        found.append({"kind": one.kind, "id": str(one.id), "words": one.words.strip() or _words(row)})
    return found


async def _named(uow: UnitOfWork, one: Proof) -> SiteHit | InspectionResult | InspectionFinding | None:
    if one.id is None:
        return None
    if one.kind == "site_hit":
        return await uow.session.get(SiteHit, one.id)
    if one.kind == "result":
        return await uow.session.get(InspectionResult, one.id)
    return await uow.session.get(InspectionFinding, one.id)


def _words(row: SiteHit | InspectionResult | InspectionFinding) -> str:
    if isinstance(row, SiteHit):
        return f"{row.month:%Y年%m月}：{row.evidence.get('words', '') if isinstance(row.evidence, dict) else ''}"
    return f"{row.title}：{row.words}"


async def _serious(uow: UnitOfWork, proof: Sequence[dict[str, Any]]) -> bool:
    ids = [UUID(str(one["id"])) for one in proof if one["kind"] in ("finding", "result")]
    return bool(
        await uow.session.scalar(
            sa.select(
                sa.exists().where(
                    sa.or_(InspectionFinding.id.in_(ids), InspectionFinding.result_id.in_(ids)),
                    InspectionFinding.serious,
                )
            )
        )
    )
