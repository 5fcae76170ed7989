"""From facts to words: the short sentences of the consent screen (also read aloud), and the data that the paper is set from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from linggong.contracts import clauses
from linggong.contracts.facts import Facts
from linggong.contracts.models import ContractConsent
from linggong.kernel import clock
from linggong.kernel.logs import scrub
from linggong.market.codes import LEGAL_FORM_LABELS, LegalForm

TEXT_VERSION: Final = "2026-11"
"""Raised whenever the sentences below change, so that a hash can be traced to the words."""
CHANNELS: Final = {
    "web": "网页", "api": "接口", "desk": "驿站窗口", "phone": "电话", "cli": "命令行", "demo": "演示", "console": "后台", "self": "本人",
}  # fmt: skip
_TENS: Final = "零一二三四五六七八九十"


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown before somebody consents: one sentence a line, each short enough to be read aloud in a breath."""

    title: str
    sentences: list[str]
    warnings: list[str]
    text_hash: str
    text_version: str = TEXT_VERSION


def screen(f: Facts) -> Screen:
    """Return the consent screen. Both sides are shown the very same words, so one hash stands for both."""
    said = list(_sentences(f))
    return Screen(
        title=clauses.TITLES[f.form],
        sentences=said,
        warnings=list(f.warnings),
        text_hash=hashed(shown("", said, f.warnings)),
    )


def shown(title: str, sentences: Sequence[str], warnings: Sequence[str]) -> str:
    """Return the text that was shown, as it is kept with a consent."""
    return "\n".join([*([title] if title else []), *sentences, *warnings])


def hashed(text: str) -> str:
    """Return the hash of a shown text and its version."""
    return hashlib.sha256(f"{TEXT_VERSION}\n{text}".encode()).hexdigest()


def _sentences(f: Facts) -> Iterable[str]:
    yield f"这是一份{clauses.TITLES[f.form]}，{f.employer}是用工方，{f.worker}是零工。"
    yield f"活是：{f.title}。"
    yield f"地方在：{f.place}。"
    first = f.shifts[0]
    if len(f.shifts) == 1:
        yield f"时间是：{first.day}，{first.hours}。"
    else:
        yield f"一共干 {len(f.shifts)} 天，从{first.day}到{f.shifts[-1].day}，每天 {first.hours}。"
    yield f"工钱：{f.pay}，{f.settlement}，用{f.channel}付给本人。"
    yield f"吃饭、接送、工具：{f.benefits}。"
    yield f"下雨：{f.rain_rule}。"
    yield f"取消：{f.cancel_rule}。"
    yield f"意外保险：{f.insurance}。"
    yield "谁都不能收押金、中介费，不能扣证件。"
    yield "不安全、太热，可以停下来，不算违约。"
    yield f"有事找{f.station or '驿站'}，电话 {f.phone}。"
    yield "同意了就是签约，约定马上有效；要改，得双方再同意。"


def addendum_text(f: Facts) -> str:
    """Return what both sides agreed to in the change of terms that an addendum writes down."""
    return "\n".join([f"第 {f.terms_version} 版约定", *f.changes])


# --- the paper --------------------------------------------------------------------------------------------------------


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Who they are, as the paper names them; the ID number is masked, the whole one stays with the platform."""

    employer: str
    employer_lines: list[str]
    worker: str
    worker_lines: list[str]


class Linked(msgspec.Struct, frozen=True):
    """The document before an addendum."""

    code: str
    sha256: str


def document(
    f: Facts,
    parties: Parties,
    consents: Sequence[ContractConsent],
    *,
    places: dict[str, str],
    url: str,
    seal: str,
    made_at: datetime,
    before: Linked | None = None,
    cover: Sequence[dict[str, object]] = (),
) -> dict[str, Any]:
    """Return what `typeset.pdf` draws."""
    local = clock.shanghai(made_at)
    title = clauses.TITLES[f.form] if before is None else f"{clauses.TITLES[f.form]}的补充协议（第 {f.part} 份）"
    rows = clauses.sections(f) if before is None else clauses.addendum_sections(f, before.code, before.sha256)
    made, number = [], 0
    for n, (heading, lines, tables) in enumerate(rows, 1):
        numbered = []
        for line in lines:
            number += 1
            numbered.append(f"{number}. {line}")
        made.append(
            {
                "title": f"{_TENS[n]}、{heading}",
                "clauses": numbered,
                "tables": [*tables, *(cover if heading == "保险和受伤" else ())],
            }
        )
    return {
        "title": title,
        "code": f.code,
        "url": url,
        "date": [local.year, local.month, local.day],
        "made": f"{local.year}年{local.month}月{local.day}日 {local:%H:%M} 由平台盖章",
        "lead": "双方自愿、平等协商，订立本文件，都看过（听过）并同意下面的内容。",
        "seal": seal,
        "parties": [
            {"role": f"甲方（用工方）：{parties.employer}", "lines": parties.employer_lines},
            {"role": f"乙方（零工）：{parties.worker}", "lines": parties.worker_lines},
        ],
        "sections": made,
        "signs": [
            _sign("甲方（用工方）", parties.employer, [c for c in consents if c.side == "employer"], places),
            _sign("乙方（零工）", parties.worker, [c for c in consents if c.side == "worker"], places),
        ],
        "seal_words": f"本文件由平台加盖电子专用章（{seal}）并附时间戳；盖章以后改动一个字都验得出来。",
        "notes": [],
    }


def _sign(role: str, name: str, consents: Sequence[ContractConsent], places: dict[str, str]) -> dict[str, Any]:
    lines: list[str] = []
    for c in consents[-1:]:
        at = clock.shanghai(c.given_at)
        lines.append(f"同意时间：{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}")
        lines.append(f"确认方式：{_how(c)}")
        where = places.get(c.station or "", "")
        lines.append(f"途径：{CHANNELS.get(c.channel, c.channel)}" + (f"，{where}" if where else ""))
        if c.device:
            lines.append(f"设备：{scrub(c.device)}")
        if c.witness:
            lines.append(f"见证人：{c.witness}")
        lines.append(f"所见文本指纹：{c.text_hash.hex()[:32]}…")
    return {"role": role, "name": name, "lines": lines or ["（未签署）"]}


def _how(c: ContractConsent) -> str:
    if c.method == "code":
        return "本人登录，并核对发到本人手机的一次性验证码"
    if c.method == "terms":
        return "本人在平台上同意改约定" if c.station is None else "由驿站工作人员代为登记同意改约定"
    slip = "，有本人签字的纸条照片" if c.slip_id is not None else "，签字的纸条当天补照片" if c.slip_due_at else ""
    return "由驿站工作人员当面（或电话）核对身份、念给本人听后登记" + slip


def form_label(form: str) -> str:
    """Return a legal form in Chinese."""
    return LEGAL_FORM_LABELS[LegalForm(form)]
