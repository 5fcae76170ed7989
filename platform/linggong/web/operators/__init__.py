"""Pages of operators' files and money: file, procurement, contract, instalments, hand-over, subsidy (R011 to R015, R126, R135)."""

from __future__ import annotations

from typing import Any

from linggong.web.operators.buying import BuyingPages
from linggong.web.operators.dossier import DossierPages
from linggong.web.operators.handing import HandoverPages
from linggong.web.operators.money import MoneyPages
from linggong.web.operators.paying import PayingPages
from linggong.web.operators.subsidies import SubsidyPages

CONTROLLERS: list[Any] = [DossierPages, BuyingPages, MoneyPages, PayingPages, HandoverPages, SubsidyPages]
