"""The small city, whose county has the rules of one of the papers, an operator with its file, and two officials."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from officers import CODES, Officer, at_post, hire
from small_city import COUNTY, City, _timers, city

from linggong.assessment.card import of_preset
from linggong.assessment.models import Assessment, ScoreCard
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.offices import accounts, operators
from linggong.offices.accounts import InviteForm
from linggong.offices.operators import ContractForm, OperatorForm
from linggong.offices.posts import PostForm
from linggong.operators import dossier, place_rules, procurement, subscribers, terms
from linggong.operators.dossier import CheckForm, LicenceForm
from linggong.operators.procurement import AwardForm, BidderForm, ProcurementForm
from linggong.operators.terms import LineForm, TermsForm
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants import service
from tenants.evidence import Photo

__all__ = ["_timers", "city"]

EAST = "/4102/25/001/"
SIGNED, LAST = date(2026, 1, 5), date(2027, 1, 4)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
PRESETS = Path(__file__).parents[2] / "tenants" / "presets"
LINES = [
    LineForm(kind="network", title="信息网络", amount_fen=8_000_000),
    LineForm(kind="operation", title="场地和人员", amount_fen=32_000_000),
]


@dataclass
class Town:
    """The county with two officials, an operator and its man."""

    city: City
    bureau: Officer
    second: Officer
    operator_id: UUID

    async def graded(self, contract_id: UUID, name: str, points: int | None) -> None:
        """Let the year of a contract have its final grade, and tell of it as the assessment does."""
        async with self.city.database.system() as uow:
            card = await uow.session.scalar(sa.select(ScoreCard).limit(1))
            if card is None:
                body = msgspec.to_builtins(of_preset("jianning"))
                card = ScoreCard(
                    id=new_id(), tenant=COUNTY, card="jianning-100", version=1, title="考核表", paper=True, first=SIGNED, body=body,
                    reason="附件2", made_at=uow.now,
                )  # fmt: skip
                uow.session.add(card)
                await uow.flush()
            row = await uow.session.scalar(sa.select(Assessment).where(Assessment.contract_id == contract_id))
            if row is None:
                row = Assessment(
                    id=new_id(), tenant=COUNTY, contract_id=contract_id, year=2026, first=SIGNED, last=LAST, card_id=card.id,
                    state="S_FINAL", options={}, begun_at=uow.now, final_at=uow.now,
                )  # fmt: skip
                uow.session.add(row)
            row.grade, row.points = name, points
            await uow.flush()
            await uow.emit(
                NewEvent(
                    type="scorecard.finished", chain=f"scorecard:{row.id}", subject_id=row.id, tenant=COUNTY, body={}
                )
            )

    def proof(self) -> Photo:
        """A photo of a paper."""
        return Photo(data=JPEG, taken_at=self.city.clock.now(), note="验收单")

    def stand_at(self, day: date) -> None:
        """Let it be ten in the morning of a day."""
        self.city.clock.move_to(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))

    async def bought(self, fen: int = 40_000_000, *, number: str = "建财采〔2026〕1号") -> UUID:
        """Buy the service by 竞争性磋商 at a price, in December before."""
        async with self.bureau.may(P.OPERATOR_MANAGE) as uow:
            row = await procurement.open_one(
                uow,
                ProcurementForm(
                    path=COUNTY, number=number, title="零工市场运营服务", route="negotiation", budget_fen=fen,
                    opened_on=date(2025, 12, 1),
                ),
            )  # fmt: skip
            for name, uscc, bid in (("汴梁人力公司", CODES[0], fen), ("另一家公司", CODES[1], fen - 100)):
                await procurement.add_bidder(uow, row.id, BidderForm(name=name, uscc=uscc, bid_fen=bid))
            form = AwardForm(
                operator_id=self.operator_id, awarded_on=date(2025, 12, 20), papers=["成交通知书 建磋〔2025〕8号"]
            )
            await procurement.award(uow, row.id, form)
        return row.id

    async def signed(self, *, go_live: date | None = SIGNED, priced: bool = True) -> UUID:
        """Sign a year from 5 January and enter its money."""
        form = ContractForm(number="2026-01", starts_on=SIGNED, ends_on=LAST, places=[EAST])
        bought = await self.bought() if priced else None
        async with self.bureau.may(P.OPERATOR_MANAGE) as uow:
            made = await operators.sign_contract(uow, self.operator_id, form)
            if priced:
                asked = TermsForm(signed_on=SIGNED, go_live_on=go_live, procurement_id=bought, lines=LINES)
                await terms.enter(uow, made, asked)
        return made

    async def man(self, username: str = "mengkai", path: str = EAST) -> Officer:
        """Let the bureau invite the operator's own man."""
        async with self.bureau.may(P.STAFF_INVITE) as uow:
            form = InviteForm(username=username, name="孟凯", post=PostForm(role="county_operator", path=path))
            made = await accounts.invite(uow, self.city.secrets, form)
        return await at_post(self.city.database, made.staff_id)


async def adopt(city: City, preset: str) -> None:
    """Set at the county what a paper says of operators; nothing of another county's is inherited (ruling 19)."""
    paper = tomllib.loads((PRESETS / f"{preset}.toml").read_text(encoding="utf-8"))
    async with city.database.system() as uow:
        for one in paper["parameters"]:
            if one["key"] in place_rules.KEYS:
                await service.set_parameter(uow, COUNTY, one["key"], one["value"], one["source"])


@pytest.fixture
async def town(city: City) -> Town:
    """建宁's rules at a county."""
    subscribers.register()
    await adopt(city, "jianning")
    bureau = await hire(city.database, "bureau", Role.COUNTY_BUREAU, COUNTY, name="韩静")
    second = await hire(city.database, "second", Role.COUNTY_BUREAU, COUNTY, name="周岚")
    async with bureau.may(P.OPERATOR_MANAGE) as uow:
        form = OperatorForm(name="汴梁人力公司", uscc=CODES[0], path=COUNTY)
        operator_id = await operators.register_operator(uow, form)
        await dossier.note_licence(uow, operator_id, LicenceForm(kind="business", number=CODES[0], scope="人力资源服务", legal_person="赵一", issued_on=date(2020, 1, 1)))  # fmt: skip
        await dossier.note_licence(uow, operator_id, LicenceForm(kind="hr", number="豫人许〔2023〕88号", scope="职业介绍", issued_on=date(2023, 1, 1), expires_on=date(2027, 12, 31)))  # fmt: skip
        await dossier.note_check(uow, operator_id, CheckForm(kind="declaration", day=date(2025, 12, 1), independent=True, controlled=True))  # fmt: skip
    return Town(city, bureau, second, operator_id)
