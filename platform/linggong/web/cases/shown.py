"""From a case as the slice gives it to what the pages show, and the forms that its actions make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from linggong.cases import codes
from linggong.cases.queries import CaseLine, CaseView
from linggong.kernel import clock
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import format_yuan, from_yuan

TONES = {
    "D_OPEN": "wait", "D_NEGOTIATING": "work", "D_MEDIATING": "work", "D_REFERRED": "danger", "D_RESOLVED": "done",
    "D_WITHDRAWN": "off", "D_REOPENED": "wait",
}  # fmt: skip
_WHO = {"worker": "零工", "employer": "用工方", "staff": "工作人员", "system": "系统", "anonymous": "来访人"}
_WHAT = {
    "claim": "反映", "note": "补充", "contact": "联系双方", "hand_over": "转交同事", "hearing": "调解", "call_back": "回访",
    "answer": "答复", "file": "卷宗",
}  # fmt: skip
_OFFERS = {
    "open": ("待签", "wait"),
    "signed": ("双方已签", "done"),
    "declined": ("没同意", "off"),
    "replaced": ("已换", "off"),
}
_SIDES = {"worker": "零工", "employer": "用工方", "mediator": "调解员"}
STARS = [
    {"value": str(n), "label": words}
    for n, words in ((5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))
]
SIDES = [{"value": k, "label": v} for k, v in _SIDES.items() if k != "mediator"]
BODIES = [{"value": k, "label": v} for k, v in codes.BODIES.items()]


def field(
    name: str,
    label: str,
    kind: str = "text",
    *,
    options: Sequence[Mapping[str, str]] = (),
    hint: str = "",
    required: bool = True,
    value: str = "",
) -> dict[str, Any]:
    """Return a field of a form."""
    return {
        "name": name, "label": label, "type": kind, "options": list(options), "hint": hint, "required": required,
        "value": value,
    }  # fmt: skip


def form(
    key: str, url: str, label: str, *fields: dict[str, Any], tone: str = "", intro: str = "", opened: bool = False
) -> dict[str, Any]:
    """Return a form of a page."""
    return {
        "id": key, "url": url, "label": label, "tone": tone, "intro": intro, "fields": list(fields), "open": opened,
    }  # fmt: skip


def options(words: Mapping[str, str], *keys: str) -> list[dict[str, str]]:
    """Return choices, all or those named."""
    return [{"value": k, "label": words[k]} for k in keys or tuple(words)]


def fen_of(values: Mapping[str, Any], name: str) -> int | None:
    """Return typed yuan as fen, None when nothing was typed; raises Invalid."""
    raw = str(values.get(name) or "").strip()
    if not raw:
        return None
    try:
        found = int(from_yuan(raw))
    except ValueError:
        found = -1
    if found < 0:
        raise Invalid([Fault(name, "金额请填数字，例如 120 或 120.5。", "money")])
    return found


def uuid_or_none(values: Mapping[str, Any], name: str) -> UUID | None:
    """Return a posted id, None when there is none; raises Invalid."""
    raw = str(values.get(name) or "").strip()
    if not raw:
        return None
    try:
        return UUID(raw)
    except ValueError:
        raise Invalid([Fault(name, "编号不对，请重新选。", "unknown")]) from None


def needed(values: Mapping[str, Any], name: str) -> UUID:
    """Return a posted id; raises Invalid when none was chosen."""
    found = uuid_or_none(values, name)
    if found is None:
        raise Invalid([Fault(name, "请先选一个。", "required")])
    return found


def text(values: Mapping[str, Any], name: str) -> str:
    """Return posted text."""
    found = values.get(name, "")
    return str(found[-1] if isinstance(found, list) else found)


def row(line: CaseLine, base: str) -> dict[str, Any]:
    """Return a case as a line of a list."""
    due = ""
    if line.next_due:
        due = line.next_due + (f"，{clock.shanghai(line.next_due_at):%m-%d %H:%M} 前" if line.next_due_at else "")
    if line.breach_words:
        due += f"（{'、'.join(line.breach_words)}）"
    who = line.claimant_name or codes.CLAIMANTS[line.claimant]
    about = "，".join(x for x in (line.title, line.employer_name) if x)
    return {
        "href": f"{base}/{line.id}", "title": f"{line.kind_words} {line.receipt}", "state": line.state_words,
        "tone": TONES[line.state], "late": line.is_late, "due": due,
        "sub": f"{who}反映{'：' + about if about else ''}"
        + (f"，{format_yuan(line.amount_fen)} 元" if line.amount_fen else ""),
    }  # fmt: skip


def item(view: CaseView) -> dict[str, Any]:
    """Return a case as its page shows it."""
    line = view.line
    facts = [
        ("谁反映的", line.claimant_name or codes.CLAIMANTS[line.claimant]), ("对谁", codes.AGAINST[line.against]),
        ("哪次用工", f"{line.title} {line.employer_name}".strip()), ("反映的事", view.claim), ("要求", view.wanted),
        ("争议金额", f"{format_yuan(line.amount_fen)} 元" if line.amount_fen else ""),
        ("暂缓付款", f"{format_yuan(view.held_fen)} 元，其余照常到期" if view.held_fen else ""),
        ("下一步", row(line, "")["due"]), ("结果", f"{view.ended_how}。{view.outcome}" if view.ended_how else ""),
        ("满意度", _satisfaction(view)),
    ]  # fmt: skip
    return {
        "heading": f"{line.kind_words} {line.receipt}", "state": line.state_words, "tone": TONES[line.state],
        "facts": [{"label": k, "value": v} for k, v in facts], "warnings": line.breach_words,
        "notes": [
            {"at": n.at, "who": _WHO.get(n.by_kind, ""), "what": _WHAT[n.kind] + ("（内部）" if n.inside else ""), "text": n.words}
            for n in view.notes
        ],
        "offers": [
            {
                "text": f"{_SIDES[o.side]}提出：付给零工 {format_yuan(o.amount_fen)} 元。{o.words}"
                f"（零工{'已签' if o.worker_signed else '未签'}，用工方{'已签' if o.employer_signed else '未签'}）",
                "state": _OFFERS[o.state][0], "tone": _OFFERS[o.state][1],
            }
            for o in view.offers
        ],
        "papers": [f"{m.name}：{'已收' if m.received_at else '还没交'}" for m in view.materials],
        "referrals": [
            f"{r.body_words} {r.number}，{clock.shanghai(r.referred_at):%Y-%m-%d} 转出，"
            + (f"{clock.shanghai(r.decide_due_at):%Y-%m-%d} 前办结，" if r.decide_due_at and not r.answered_at else "")
            + (f"延长过一次：{r.extension_reason}，" if r.extended_at else "")
            + (f"回复：{r.outcome}（{r.document}）" if r.answered_at else f"催问 {r.asked} 次，等回复")
            for r in view.referrals
        ],
    }  # fmt: skip


def _satisfaction(view: CaseView) -> str:
    said = [
        f"{side} {stars} 星" for side, stars in (("零工", view.worker_stars), ("用工方", view.employer_stars)) if stars
    ]
    return "，".join(said)


def party_forms(view: CaseView, base: str) -> list[dict[str, Any]]:
    """Return what a party may do with its case."""
    may, here, found = set(view.actions), f"{base}/{view.line.id}", []
    offer = next((o for o in view.offers if o.state == "open"), None)
    signed = offer is not None and (offer.worker_signed if view.side == "worker" else offer.employer_signed)
    if "sign" in may and offer is not None and not signed:
        words = f"付给零工 {format_yuan(offer.amount_fen)} 元。双方都签了就办结，工资单照这个改。"
        found.append(
            form(
                "sign", f"{here}/sign", "同意，签字", field("offer_id", "", "hidden", value=str(offer.id)), intro=words
            )
        )
        if offer.side != view.side:
            found.append(form("decline", f"{here}/decline", "不同意这个方案", tone="plain"))
    if "offer" in may:
        most = f"最多 {format_yuan(view.line.amount_fen)} 元" if view.line.amount_fen else ""
        found.append(
            form("offer", f"{here}/offer", "提一个方案", field("amount", "付给零工多少", "money", hint=most),
                 field("words", "怎么说", "area", required=False))
        )  # fmt: skip
    if "rate" in may:
        found.append(
            form("rate", f"{here}/rate", "评价这次办理", field("stars", "满意吗", "select", options=STARS), opened=True)
        )
    if "refer" in may:
        found.append(
            form("refer", f"{here}/refer", "不协商了，转出去", field("body", "转到哪里", "select", options=BODIES),
                 field("reason", "为什么", "area", required=False), tone="plain",
                 intro="劳动合同和非全日制的纠纷走劳动仲裁，劳务的走人民调解或法院。法律援助不要钱。")
        )  # fmt: skip
    if "note" in may:
        found.append(form("note", f"{here}/note", "补充情况", field("words", "要说的", "area"), tone="plain"))
    if "reopen" in may:
        found.append(
            form("reopen", f"{here}/reopen", "没办好，重新提出", field("words", "为什么", "area"), tone="plain")
        )
    if "ask_withdraw" in may:
        found.append(
            form("withdraw", f"{here}/ask-withdraw", "我要撤回", field("words", "为什么", "area"), tone="danger",
                 intro="驿站会打电话回访，确认没人逼你。")
        )  # fmt: skip
    return found


def staff_forms(
    view: CaseView, base: str, colleagues: Sequence[Mapping[str, str]], may_do: Any
) -> list[dict[str, Any]]:
    """Return what the desk, the mediator or the bureau may do; `may_do(area)` asks the permission of an area of steps."""
    may, here, found = set(view.actions), f"{base}/{view.line.id}", []
    words = field("words", "怎么说的", "area")
    two = [
        ("handle", "acknowledge", "acknowledge", "受理", [], "", ""),
        ("handle", "contact", "contact", "联系双方，开始协商", [words], "", ""),
        ("handle", "ask_papers", "papers", "一次性告知要交的材料",
         [field("names", "每行写一样", "area", hint="一次说全；第二次再要会记为违诺")], "plain", ""),
        ("mediate", "mediate", "start", "我来调解", [], "", "要在名册里、证书有效，且不是一方的人。最长 15 天。"),
        ("mediate", "hear", "hear", "记调解经过", [words], "plain", ""),
        ("side", "offer", "offer", "记一方的方案",
         [field("side", "哪一方", "select", options=[*SIDES, {"value": "mediator", "label": "调解员提议"}]),
          field("amount", "付给零工多少", "money"), field("words", "说明", "area", required=False)], "plain", ""),
        ("handle", "ask", "ask", "催问结果", [words], "", ""),
        ("handle", "rule", "ruling", "回填结果",
         [field("outcome", "结果", "area"), field("document", "文书号"), field("amount", "判给零工多少", "money", required=False)], "", ""),
        ("answer", "answer", "answer", "答复办结", [words], "", ""),
        ("side", "ask_withdraw", "ask-withdraw", "当事人要撤回", [field("words", "当事人怎么说", "area")], "plain", ""),
        ("handle", "withdraw", "withdraw", "回访后撤回",
         [words, field("forced", "他是被逼的，不能撤", "check", required=False)], "danger", ""),
        ("side", "reopen", "reopen", "当事人重新提出", [field("words", "为什么", "area")], "plain", ""),
        ("side", "rate", "rate", "登记满意度",
         [field("side", "哪一方", "select", options=[*SIDES, {"value": "claimant", "label": "反映人"}]),
          field("stars", "满意吗", "select", options=STARS)], "plain", ""),
        ("refer", "refer", "refer", "转交部门",
         [field("body", "转给谁", "select", options=BODIES), field("number", "对方登记号"), field("reason", "说明", "area", required=False)], "plain", ""),
        ("note", "note", "note", "补充情况", [words, field("inside", "只给工作人员看", "check", required=False)], "plain", ""),
    ]  # fmt: skip
    for area, action, step, label, fields, tone, intro in two:
        if action in may and may_do(area):
            url = f"{here}/{area}" if area in ("refer", "answer", "note") else f"{here}/{area}/{step}"
            found.append(form(step, url, label, *fields, tone=tone, intro=intro))
    offer = next((o for o in view.offers if o.state == "open"), None)
    if "sign" in may and offer is not None and may_do("side"):
        found.append(
            form("sign", f"{here}/side/sign", "代签和解", field("offer_id", "", "hidden", value=str(offer.id)),
                 field("side", "替哪一方", "select", options=SIDES), field("proof", "协议编号或照片编号"),
                 intro="双方不能都由一个人代签；调解会上签的除外。")
        )  # fmt: skip
    clocked = any(r.decide_due_at and r.answered_at is None and r.extended_at is None for r in view.referrals)
    if "ask" in may and clocked and may_do("handle"):
        found.append(
            form("extend", f"{here}/handle/extend", "对方延长办理", field("words", "对方说的理由", "area"), tone="plain",
                 intro="只能延一次，按法定日数顺延。")
        )  # fmt: skip
    if may_do("handle"):
        waiting = [{"value": str(m.id), "label": m.name} for m in view.materials if m.received_at is None]
        if waiting:
            found.append(
                form(
                    "paper", f"{here}/handle/paper", "收到材料", field("material", "哪一样", "select", options=waiting)
                )
            )
        if "hand_over" in may and colleagues:
            found.append(
                form("hand", f"{here}/handle/hand-over", "转交同事", field("to", "交给谁", "select", options=colleagues),
                     field("words", "为什么"), tone="plain", intro="首问负责人不变。")
            )  # fmt: skip
    return found
