"""A document to seal, and the ways in which somebody may tamper with a sealed one."""

from __future__ import annotations

import io
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers

from linggong.contracts.seal import Seal


def paper(**changes: Any) -> dict[str, Any]:
    """What the typesetter takes."""
    made = {
        "title": "零工劳务协议",
        "code": "KF34ADF7",
        "url": "http://127.0.0.1:8000/c/KF34ADF7",
        "date": [2026, 3, 10],
        "made": "2026年3月10日",
        "lead": "双方自愿订立本协议。",
        "seal": "零工市场",
        "parties": [
            {"role": "甲方（用工主体）", "lines": ["开封建筑公司"]},
            {"role": "乙方（零工）", "lines": ["李甲"]},
        ],
        "sections": [
            {
                "title": "一、活和地方",
                "clauses": ["1. 搬砖。"],
                "tables": [{"widths": [0, 1], "head": ["日期", "地点"], "rows": [["2026-03-11", "东关大街"]]}],
            }
        ],
        "signs": [{"role": "甲方", "name": "开封建筑公司", "lines": ["短信验证码"]}],
        "seal_words": "平台加盖电子章。",
        "notes": [],
    }
    return made | changes


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def overlaid(raw: bytes) -> bytes:
    """A later revision that draws another amount over the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(raw))
    stream = generic.StreamObject(stream_data=b"BT /F1 40 Tf 100 400 Td (280 -> 80) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(stream))
    return _written(writer)


def with_page(raw: bytes) -> bytes:
    """A later revision with one page more."""
    writer = IncrementalPdfFileWriter(io.BytesIO(raw))
    pages = writer.root.raw_get("/Pages")
    tree = writer.root["/Pages"]
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/Parent"): generic.IndirectObject(pages.idnum, pages.generation, writer),
            pdf_name("/MediaBox"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 595, 842)]),
            pdf_name("/Resources"): generic.DictionaryObject(),
        }
    )
    tree["/Kids"].append(writer.add_object(page))
    tree["/Count"] = generic.NumberObject(int(tree["/Count"]) + 1)
    writer.update_container(tree["/Kids"])
    writer.update_container(tree)
    return _written(writer)


def annotated(raw: bytes) -> bytes:
    """A later revision that only says something about itself: harmless to read, and still not what was sealed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(raw))
    writer.root["/PageMode"] = pdf_name("/UseNone")
    writer.update_root()
    return _written(writer)


def signed_again(raw: bytes, seal: Seal, *, name: str = "Other") -> bytes:
    """The same file with a plain signature more: no certification, no time stamp."""
    meta = signers.PdfSignatureMetadata(field_name=name, subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(raw))
    return bytes(signers.PdfSigner(meta, signer=seal.signer).sign_pdf(writer).getvalue())


def without_seal(raw: bytes) -> bytes:
    """The same pages written anew: what remains of a seal does not cover them."""
    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(raw))).write(out)
    return out.getvalue()
