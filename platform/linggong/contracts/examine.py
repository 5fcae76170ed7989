"""Is this file the one that the platform sealed? Every way in which it is not has its own reason, in Chinese.

A revision appended after sealing leaves the seal itself valid, and many readers say so ("Signature is Valid"): here the
seal has to cover the whole file, permit nothing after it, chain to our roots at its stamped time, and be pyHanko's
bottom line. Whether the platform recorded the file is asked of the database (`linggong.contracts.checking`).
"""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import Final

import msgspec
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError

from linggong.contracts.seal import FIELD, Seal, stamped_at

MOST_BYTES: Final = 5_000_000
_BROKEN = (
    PdfError,
    SignatureValidationError,
    SigningError,
    ValidationError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
)
"""What reading a hostile file may raise; whatever it is, the file is not ours."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the file itself shows; `good` without the records is not yet the last word."""

    good: bool
    code: str
    reason: str
    sha256: str
    sealed_at: datetime | None = None
    sealed_by: str = ""
    pages: int = 0


def examine(seal: Seal, raw: bytes) -> Verdict:
    """Judge a file by itself. Never raises for what a file may hold. CPU-bound: call it in a thread."""
    sha = hashlib.sha256(raw).hexdigest()

    def no(code: str, reason: str, **more: object) -> Verdict:
        return Verdict(good=False, code=code, reason=reason, sha256=sha, **more)  # type: ignore[arg-type]

    if len(raw) > MOST_BYTES:
        return no("too_large", "文件太大，不是平台出的合同。")
    if not raw.startswith(b"%PDF-"):
        return no("not_pdf", "这不是 PDF 文件。请上传平台下载的合同原件，拍照和截图不能核验。")
    try:
        reader = PdfFileReader(io.BytesIO(raw))
        found = list(reader.embedded_signatures)
        pages = int(reader.root["/Pages"]["/Count"])
        if not found:
            return no("no_seal", "文件上没有电子章，不是平台出的合同原件。", pages=pages)
        return _of_seal(seal, reader, found, pages, sha)
    except _BROKEN:
        return no("broken", "文件坏了，或者内容被改过，打不开验不了。请重新下载原件。")
    except RecursionError:
        return no("broken", "文件的结构不对，不是平台出的合同原件。")


def _of_seal(seal: Seal, reader: PdfFileReader, found: list[EmbeddedPdfSignature], pages: int, sha: str) -> Verdict:
    def no(code: str, reason: str) -> Verdict:
        return Verdict(good=False, code=code, reason=reason, sha256=sha, pages=pages)

    ours = next((s for s in found if s.field_name == FIELD), found[0])
    whole = ours.evaluate_signature_coverage()
    if whole is not SignatureCoverageLevel.ENTIRE_FILE:
        return no(*_after_sealing(reader, ours, pages, len(found)))
    if len(found) > 1:
        return no("more_seals", f"文件上有 {len(found)} 个电子章，平台的合同只盖一个章。")
    moment = stamped_at(ours.signer_info)
    if moment is None:
        return no("no_stamp", "电子章没有时间戳，不能证明是什么时候盖的。")
    context = ValidationContext(trust_roots=list(seal.roots), allow_fetching=False, moment=moment)
    status = validate_pdf_signature(ours, context, ts_validation_context=context)
    refusal = _refusal(status)
    if refusal is not None:
        return no(*refusal)
    return Verdict(
        good=True,
        code="good",
        reason="文件完整，盖章以后没有改过，章是本平台的。",
        sha256=sha,
        sealed_at=moment,
        sealed_by=status.signing_cert.subject.native.get("common_name", ""),
        pages=pages,
    )


def _after_sealing(reader: PdfFileReader, ours: EmbeddedPdfSignature, pages: int, seals: int) -> tuple[str, str]:
    """Say what came after the seal: pages, another signature, or something drawn over it."""
    before = int(reader.get_historical_root(ours.signed_revision)["/Pages"]["/Count"])
    if pages != before:
        return "pages_changed", f"盖章时 {before} 页，现在 {pages} 页：盖章以后加了页或抽了页，不能作准。"
    if seals > 1:
        return "more_seals", f"盖章以后又有人签了字或盖了章（一共 {seals} 个），不能作准。"
    return "changed_after", "盖章以后又在文件上添了内容（如盖字、批注、填表），不能作准。"


def _refusal(status: PdfSignatureStatus) -> tuple[str, str] | None:
    if not status.intact:
        return "altered", "内容被改过：和盖章时的指纹对不上。"
    if not status.valid:
        return "bad_seal", "电子章本身是坏的，验不过。"
    if not status.trusted:
        return "foreign_seal", "这个章不是本平台的。"
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.intact and stamp.valid and stamp.trusted):
        return "bad_stamp", "时间戳不是本平台认可的，不能证明盖章时间。"
    if not status.bottom_line:
        return "refused", "没有通过电子章检验，不能作准。"
    return None
