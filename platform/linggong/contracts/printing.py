"""The free paper copy at the desk, and asking again for a paper that was never made."""

from __future__ import annotations

from uuid import UUID

from linggong.contracts import documents, queries
from linggong.contracts.models import ContractFile
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid
from linggong.work import common

MOST_COPIES = 10


async def printed(uow: UnitOfWork, file_id: UUID, *, to: str, copies: int = 1) -> ContractFile:
    """Note that the desk printed a sealed document for the worker or the employer, free of charge.

    Raises Forbidden but for staff, Invalid, Conflict while the paper is being made, NotFound.
    """
    if uow.actor.kind != "staff":
        raise Forbidden("纸质合同由驿站打印。您可以自己下载打印。")
    faults = []
    if to not in ("worker", "employer"):
        faults.append(Fault("to", "请选打印给谁：零工还是雇主。", "unknown"))
    if not 1 <= copies <= MOST_COPIES:
        faults.append(Fault("copies", f"一次打印 1 到 {MOST_COPIES} 份。", "range"))
    if faults:
        raise Invalid(faults)
    file = await queries.document(uow, file_id)
    if file.state != "sealed" or file.sha256 is None:
        raise Conflict("合同正在盖章，一般几秒钟就好，请稍后再打印。")
    await common.tell(
        uow, file, file.id, "contract.printed", None, to=to, copies=copies, sha256=file.sha256.hex(), fee_fen=0
    )
    return file


async def make_again(uow: UnitOfWork, file_id: UUID) -> ContractFile:
    """Queue a signed document whose paper is not there yet: written before this version, or its job was lost."""
    file = await queries.document(uow, file_id)
    if file.state == "signed":
        await documents.queue(uow, file)
    return file
