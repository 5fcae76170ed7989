"""The small forms of a shift's page: what each step asks, in words, in the order in which a day may need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from linggong.work import absence, differing, recognising, stopping

Option = dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One input: text, number, time, tick, photo, or a choice when it has options."""

    name: str
    label: str
    kind: str = "text"
    options: tuple[Option, ...] = ()
    required: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One step: its button, what it says about itself, and its fields."""

    step: str
    button: str
    about: str = ""
    fields: tuple[Field, ...] = ()
    danger: bool = False


def _choice(words: dict[str, str]) -> tuple[Option, ...]:
    return tuple({"value": key, "label": label} for key, label in words.items())


_COUNT = Field("quantity", "做了多少（计件才填）", "number", required=False)
_PHOTO = Field("photo", "现场照片", "photo", required=False)
_HIS_CAUSES: Final = {"heat": "太热", "safety": "不安全"}
FORMS: Final[tuple[Form, ...]] = (
    Form("resume", "复工", "接着干。停的这段按原因算等工钱。"),
    Form("end_pause", "不复工了，收工", "干了多少算多少，等工的时间另算。"),
    Form("leave", "不等了，先走", "停工时走不扣分，干了多少付多少。"),
    Form(
        "pause", "停工", "下雨、停电、没料、太热、不安全，先停下来。",
        (Field("cause", "为什么停", options=_choice(stopping.CAUSE_WORDS)), Field("note", "补充", required=False),
         Field("fault", "是雇主这边的原因", "tick", required=False)),
    ),
    Form(
        "vouch", "班长替我报了到", "班长说你到了。真到了没有，自己说一声。",
        (Field("answer", "到了没有", options=_choice({"yes": "我到了", "no": "我没到"})),),
    ),
    Form("agree_record", "同意改"),
    Form("refuse_record", "不同意，按原来的记录"),
    Form(
        "end_early", "提前收工", "提前收工至少付半天；活干完了付全天。",
        (Field("reason", "为什么提前收"), Field("task_done", "说好的活都干完了", "tick", required=False), _COUNT),
    ),
    Form(
        "leave_early", "提前走", "干了多少付多少。生病、不安全不影响信用。",
        (Field("reason", "为什么走", options=_choice({"illness": "生病", "safety": "不安全", "other": "别的事"})),
         Field("words", "说一句", required=False), _COUNT),
    ),
    Form("finish_part", "部分完成", "先按点好的数收工。", (Field("quantity", "做了多少", "number"), Field("note", "补充", required=False))),
    Form(
        "propose_record", "改工时或数量", "少于记录的，零工同意才算；不同意就按记录。",
        (Field("hours", "认几小时", "number", required=False), Field("quantity", "认多少数量", "number", required=False),
         Field("reason", "为什么少")),
    ),
    Form(
        "accept_part", "部分不认可", "只扣住说清楚的这一部分，其余照付。24 小时内交证据。",
        (Field("reason", "不认可哪一点", options=_choice(recognising.REASONS)), Field("words", "哪里不对，写清楚"),
         Field("amount", "不认可多少元", "number", required=False), Field("quantity", "或不认可多少数量", "number", required=False)),
    ),
    Form(
        "add_evidence", "交证据", "拍不合格的地方，或双方签字的单子。到期不交，不认可不成立，按原数付。",
        (Field("photo", "照片", "photo"), Field("words", "说一句", required=False)),
    ),
    Form(
        "no_show", "没来", "先打电话。他可以申诉，没定之前不算。",
        (Field("call_note", "几点打的电话，怎么说"), Field("statement", "补充", required=False)),
    ),
    Form(
        "contest", "申诉：不是我没来", "登记后 72 小时内可以申诉，定下来之前不算。",
        (Field("reason", "怎么回事", options=_choice(absence.CONTEST_WORDS)), Field("words", "说清楚", required=False)),
    ),
    Form(
        "decide", "定申诉", "不能由登记没来的人定。",
        (Field("outcome", "结果", options=_choice({"withdrawn": "成立，无责", "arrived": "成立，补记到岗", "upheld": "不成立"})),
         Field("note", "理由和凭据")),
    ),
    Form(
        "employer_no_show", "雇主没来，白跑了", "等够半小时、打过两次没人接，可以登记，按约定付空跑补偿。",
        (Field("call_1", "第一次几点打的", "time"), Field("call_2", "第二次几点打的", "time"), _PHOTO,
         Field("statement", "说一句", required=False)),
    ),
    Form(
        "differs", "活不对，我走了", "到场发现和说好的不一样，开工半小时内可以走，付空跑补偿。",
        (Field("what", "哪里不对", options=_choice(differing.DIFFERENCES)), Field("statement", "说好的是什么，到了是什么"), _PHOTO),
    ),
    Form("rain_on_site", "因天气不开工", "人已经到了，按约定付误工补偿。", (Field("note", "补充", required=False),)),
    Form(
        "transfer", "转到另一单", "这边按干的算，那边重新说定、重新签约。",
        (Field("to", "另一单的编号"), Field("agreed_how", "零工怎么同意的"), _COUNT),
    ),
    Form(
        "void", "作废，马上停工", "童工、冒名、违法用工。干过的活工钱照付，报劳动监察。",
        (Field("reason", "为什么作废", options=_choice(differing.VOIDS)), Field("proof", "凭什么认定")), danger=True,
    ),
)  # fmt: skip
_DECISIONS: Final = frozenset({"uphold", "excuse", "reinstate"})


def shown(actions: list[str], *, worker: bool, counted: bool) -> list[dict[str, Any]]:
    """Return the forms that these actions stand for, as the template draws them."""
    wanted = {"decide" if a in _DECISIONS else a for a in actions}
    if not counted:
        wanted.discard("finish_part")
    out = []
    for form in FORMS:
        if form.step not in wanted:
            continue
        fields = [f for f in form.fields if (f is not _COUNT or counted) and not (worker and f.name == "fault")]
        out.append(
            {
                "step": form.step,
                "button": form.button,
                "about": form.about,
                "danger": form.danger,
                "upload": any(f.kind == "photo" for f in fields),
                "fields": [
                    {
                        "name": f.name,
                        "label": f.label,
                        "kind": "choice" if f.options else f.kind,
                        "options": _choice(_HIS_CAUSES) if worker and f.name == "cause" else f.options,
                        "required": f.required,
                    }
                    for f in fields
                ],
            }
        )
    return out
