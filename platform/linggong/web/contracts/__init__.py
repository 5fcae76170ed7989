"""Pages of contracts: signing for workers and employers, the desk's counter, papers, and the public check."""

from __future__ import annotations

from typing import Any

from linggong.web.contracts.check import CheckPages
from linggong.web.contracts.desk import DeskContracts
from linggong.web.contracts.sign import EmployerSigning, SigningPages

CONTROLLERS: list[Any] = [SigningPages, EmployerSigning, DeskContracts, CheckPages]
