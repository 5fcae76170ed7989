"""Reports by anybody, without an account (R114, R115): a wage that is owed, a false post, an agency that hides.

They land in the list of cases of the place whose post they name, else of the county that was chosen, and get a receipt whose
state anybody who holds it may look up. Who leaves a telephone is told when the case moves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import common, intake
from linggong.cases.forms import CaseForm, Short, Words
from linggong.cases.models import Case
from linggong.kernel.crypto import Sealer, Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.market.models import BoardPost
from linggong.people import limits, telephones
from linggong.people.notice_models import Notice
from linggong.people.text import typed_code
from tenants.models import Node

Kind = Literal["wage", "false_post", "agency", "fee", "discrimination", "other"]
KINDS: Final = ("wage", "false_post", "agency", "fee", "discrimination", "other")
_AN_HOUR, _A_DAY = 5, 20
"""Reports from one address: a family shares one, a flood does not pass."""
_SAY = "这个网络今天举报太多次了，请过一会儿再试，或打 12333、到驿站说。"


class ReportForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What anybody reports. Neither name nor telephone is needed."""

    kind: Kind
    claim: Words
    about: Short = ""
    """Whom it is about, as far as the reporter knows: a firm, a foreman, an agency."""
    trace_code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    """The code on the post."""
    place: Annotated[str, msgspec.Meta(max_length=120)] = ""
    """The county, by its path, where no post is named."""
    name: Short = ""
    phone: Annotated[str, msgspec.Meta(max_length=30)] = ""


async def report(database: Database, secrets: Secrets, form: ReportForm, address: str) -> Case:
    """Take a report down and return its case. Raises TooMany for an address that reports too often, Invalid with every fault.

    The try stays counted also when it is refused.
    """
    for most, window in ((_AN_HOUR, timedelta(hours=1)), (_A_DAY, timedelta(days=1))):
        await limits.take_at_once(database, secrets, "report", address, most=most, window=window, say=_SAY)
    async with database.system() as uow:
        faults: list[Fault] = []
        about = common.words(faults, "about", form.about, most=100)
        order_id = await _post(uow, form, faults)
        place = await _county(uow, form, faults)
        filled = CaseForm(
            kind=form.kind, claim=f"{form.claim}\n被反映的：{about}" if about and form.claim.strip() else form.claim,
            order_id=order_id, name=form.name, phone=form.phone, channel="web",
        )  # fmt: skip
        try:
            row = await intake.open_case(uow, secrets.sealer, filled, place=place)
        except Invalid as error:
            raise Invalid([*faults, *error.faults]) from None
        if faults:
            raise Invalid(faults)
        return row


async def _post(uow: UnitOfWork, form: ReportForm, faults: list[Fault]) -> UUID | None:
    code = typed_code(form.trace_code)
    if not code:
        return None
    found: UUID | None = await uow.session.scalar(sa.select(BoardPost.order_id).where(BoardPost.trace_code == code))
    if found is None:
        faults.append(Fault("trace_code", "没有这个编号的招工，请核对；不知道就空着。", "unknown"))
    return found


async def _county(uow: UnitOfWork, form: ReportForm, faults: list[Fault]) -> str | None:
    if not form.place:
        return None
    found: str | None = await uow.session.scalar(
        sa.select(Node.path).where(Node.path == form.place, Node.kind.in_(("county", "zone", "city")))
    )
    if found is None:
        faults.append(Fault("place", "没有这个县区，请重新选。", "unknown"))
    return found


async def numbers(uow: UnitOfWork, sealer: Sealer, rows: list[Notice]) -> dict[UUID, str]:
    """Return the telephones that claimants without an account left with their cases, by notice."""
    found = await uow.execute(
        sa.select(Case.id, Case.phone_sealed).where(
            Case.id.in_({row.subject_id for row in rows}), Case.phone_sealed.is_not(None)
        )
    )
    of_case = {key: sealer.open(sealed, f"cases.phone_sealed.{key}") for key, sealed in found}
    return {row.id: of_case[row.subject_id] for row in rows if row.subject_id in of_case}


def register() -> None:
    """Bind by name at assembly."""
    telephones.others["claimant"] = numbers
