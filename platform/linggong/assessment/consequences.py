"""What a final grade asks for (R128): a plan of improvement as a task for whoever ran the places, the end of the agreement for the bureau.

The system asks; a person acts. Nothing ends and nobody is paid by itself.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.assessment import common
from linggong.assessment.card import Card
from linggong.assessment.models import Assessment
from linggong.assessment.scorecard import Score
from linggong.inbox import subscribers as inbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.paths import tenant_path
from linggong.letters import kinds
from linggong.letters import service as letters
from linggong.letters.kinds import MOST_FIELD
from linggong.letters.models import Letter as IssuedLetter
from linggong.letters.service import LetterForm
from linggong.offices.models import OperatorContract
from tenants import queries as tree
from tenants import service as tenants
from tenants.models import Node

PLAN_DAYS: Final = "assess.plan_days"
ABOUT: Final = "scorecard"
_LETTERS: Final = {"plan": "improvement", "end": "termination"}


async def follow(uow: UnitOfWork, row: Assessment, card: Card) -> None:
    """Tell the grade to whoever was assessed, and set the tasks that it asks for."""
    grade = next((one for one in card.grades if one.name == row.grade), None)
    names = await tree.names(uow, [row.tenant])
    place = names.get(row.tenant, "")
    number = await uow.session.scalar(sa.select(OperatorContract.number).where(OperatorContract.id == row.contract_id))
    what = f"合同 {number}" if number else place
    points = f" {row.points} 分，" if row.points is not None else ""
    said = f"{what} {row.first} 到 {row.last} 的考核已定案：{points}{row.grade}。考核表在“考核”里看。"
    mine = [(path, "operator" if row.contract_id else "station") for path in await common.places(uow, row)]
    days = int(str((await tenants.parameters(uow, row.tenant, PLAN_DAYS))[PLAN_DAYS]))
    if grade is not None and grade.task == "plan":
        body = f"{said}请在 {days} 个工作日内提交提升方案，写明丢分的每一行怎么改、谁负责、到哪天。"
        await inbox.notice(uow, mine, title=f"{place}：{row.grade}，提交提升方案", body=body, days=days)
    else:
        await inbox.notice(uow, mine, title=f"{place}年度考核：{row.grade}", body=said)
    county = await inbox.above(uow, tenant_path(row.tenant))
    if grade is not None and grade.task == "end" and county is not None:
        body = f"{said}按规定终止服务协议：请发终止通知，办交接，再到“运营方”里终止合同。系统不会自己终止。"
        await inbox.notice(uow, [(county, "bureau")], title=f"{what}：{row.grade}，办理终止", body=body, days=days)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """The letter that a grade asks for, with what is drafted into its fields."""

    kind: str
    label: str
    dated: bool
    fields: dict[str, str]
    labels: dict[str, str]


async def asked(uow: UnitOfWork, row: Assessment, card: Card) -> Letter | None:
    """Return the draft of the letter that a final grade asks for; None where it asks for none or one was written."""
    grade = next((one for one in card.grades if one.name == row.grade), None)
    if row.state != "S_FINAL" or grade is None or grade.task not in _LETTERS or await _written(uow, row):
        return None
    kind = (await kinds.at(uow, uow.actor.post or row.tenant)).get(_LETTERS[grade.task])
    if kind is None:
        return None
    found = msgspec.convert(row.score, Score)
    lost = [f"第 {one.n} 行“{one.item}”丢 {one.lost:g} 分：{one.why}" for one in found.rows if one.lost]
    points = f" {row.points} 分，" if row.points is not None else ""
    drafts = {
        "matter": f"{row.first} 到 {row.last} 年度考核{points}等次为{row.grade}。" + "".join(f"\n{one}。" for one in lost[:12]),
        "demand": "逐行写明怎么改、谁负责、到哪天，并报送进度。", "basis": found.source, "from": "", "handover": "",
    }  # fmt: skip
    return Letter(
        kind=kind.code, label=kind.label, dated=kind.dated, fields={one.name: drafts.get(one.name, "")[:MOST_FIELD] for one in kind.fields},
        labels={one.name: one.label for one in kind.fields},
    )  # fmt: skip


async def write(uow: UnitOfWork, assessment_id: UUID, fields: dict[str, str], *, due_on: date | None) -> UUID:
    """Issue the letter that a final grade asks for, with a number and the seal (R128). Raises NotFound, Conflict, Forbidden, Invalid."""
    row = await common.managed(uow, assessment_id)
    draft = await asked(uow, row, await common.card_of(uow, row))
    if draft is None:
        raise Conflict("这一年度还没有定案、不用发公文，或者已经发过了。")
    recipient, to = "node", await uow.session.scalar(sa.select(Node.id).where(Node.path == row.tenant))
    if row.contract_id is not None:
        recipient = "operator"
        to = await uow.session.scalar(
            sa.select(OperatorContract.operator_id).where(OperatorContract.id == row.contract_id)
        )
    form = LetterForm(
        kind=draft.kind, recipient=recipient, to=to, fields=fields, due_on=due_on, about=ABOUT, about_id=row.id
    )  # fmt: skip
    made = await letters.issue(uow, form)
    await common.tell(uow, row, "lettered", row.state, letter=str(made.id), number=made.number)
    return made.id


async def _written(uow: UnitOfWork, row: Assessment) -> bool:
    of = sa.exists().where(
        IssuedLetter.about == ABOUT, IssuedLetter.about_id == row.id, IssuedLetter.withdraws_id.is_(None)
    )
    return bool(await uow.session.scalar(sa.select(of)))
