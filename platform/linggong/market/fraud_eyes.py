"""Looser signs of fraud: they refuse nothing, they ask for a person's eye and stop the pass by rule (R057, transition 3).

Who means to cheat does not use the words that are refused. These rules look for the direction of money, for schools, for
ways out and for what a worker is, in whatever words; a reviewer who reads the post needs a second to see that it is fine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from linggong.market.words import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of cheating. `unless` is looked for in the clause with its neighbours, and makes the words harmless."""

    code: str
    severity: Severity
    looks: re.Pattern[str]
    message: str
    unless: re.Pattern[str] | None = None


def _eye(code: str, looks: str, message: str, unless: str = "") -> Rule:
    return Rule(code, "warning", re.compile(looks), message, re.compile(unless) if unless else None)


_SUM: Final = r"(?:\d{2,5}(?:元|块|钱)?|[一二两三四五六七八九][百千万][一二三四五六七八九十百]*(?:元|块|钱)?|[二两三四五六七八九]十(?:元|块))"
_FREE: Final = (
    r"免费|不收|不用|不要钱|不花钱|无需|报销|(?:公司|厂里?|我们|单位|店里|老板|医院|政府)(?:来)?(?:出|付|承担|报|补)"
)
_OTHERS: Final = r"客人|顾客|房客|住户|游客|业主|租客|病人|家属|观众|孩子|老人"

EYES: Final = (
    _eye(
        "money_asked",
        rf"(?:准备好?|预[存交付]|先?存|要?留下?|垫|激活|只要|原价|投入|给师傅|掏|凑|带上|带好)[^,。]{{0,8}}{_SUM}(?!斤|袋|车|平|米|公斤|人|桌|箱|吨)",
        "像是要零工出钱，请审核的人打电话问清",
        rf"{_FREE}|{_OTHERS}",
    ),
    _eye(
        "fee_named",
        r"(?:[\u3400-\u9fff])(?<![免路油车桥院电水话消运餐饭食宿浪装卸劳搬温班])费(?!用?(?:由|公司|我|厂)|电|水|时|力|劲|心|神|工|料|脑)"
        r"|学杂|(?:费用|钱)[^,。]{0,3}先垫|先垫(?!付工资)|垫付|赔(?:料|货|钱|偿)|损耗[^,。]{0,6}(?:个人|自己|扣|走)",
        "文字里有“费”，请审核的人问清是谁出",
        rf"{_FREE}|{_OTHERS}|停车费|过路费|违章|补",
    ),
    _eye(
        "unpaid_trial",
        r"(?:没有?|不给|不发|不算|无)(?:工[钱资]|薪)|白干|无薪|免费试[工岗]|试[工岗][^,。]{0,6}不(?:给|算)",
        "干了活就要给钱，试工也一样，请问清",
    ),
    _eye(
        "document_held",
        r"(?:身份证|证件|银行卡|健康证|驾[照证])[^,。]{0,6}(?:放|存|留|拿给|交给|给)(?:在)?(?:我|这|那|门卫|项目|老板|队长|工头)"
        r"|(?:自己|本人|你)的?[^,。]{0,3}卡[^,。]{0,4}(?:借|给)|卡借",
        "不能留零工的证件和银行卡，请问清",
        r"看一眼|登记|当场|还给|复印",
    ),
    _eye(
        "training_offer",
        r"毕业|结业|学成|课时|代培|代考|跟班学|(?:前|头)[^,。]{1,3}[周天月][^,。]{0,3}(?:上课|学习)|带徒|考试通过|学校合作|合作(?:学校|单位)"
        r"|学费|拿证|取证|班有优惠|优惠[^,。]{0,4}班",
        "像是招生，不像招工，请审核的人问清",
        rf"{_FREE}|孩子|毕业(?:季|生|照|典礼)|招生|教室",
    ),
    _eye(
        "around",
        r"二维码[^,。]{0,5}(?:识别|报名|进入|联系)|长按|(?:主页|简介)[^,。]{0,4}(?:有|看|里)|头条号|帖子|(?<!给)留言|企鹅|群主|同(?:号|电话)"
        r"|直接找我|这上面|登记麻烦|打那个|另一个(?:平台|软件|网)|价钱更高|私聊|(?<![a-z0-9])[a-z]{3,}_?\d{2,}(?![a-z0-9])",
        "像是要把人引到别处，请审核的人问清",
    ),
    _eye(
        "scam",
        r"佣金|先?拍下|确认收货|养号|(?:自己|本人|你)的?[^,。]{0,4}号[^,。]{0,3}(?:给|借)|走(?:个|一笔)?账|走一笔|过账|预支|包签证"
        r"|[男女]模(?!特服)|陪[唱玩睡]|领料回家|回家加工|家庭加工|躺着|轻松(?:赚|挣)",
        "像骗局里的话，请审核的人问清这活到底干什么",
        r"佣金不|代理",
    ),
    _eye(
        "age_limit",
        r"(?:岁数|年纪|年龄)[^,。]{0,3}(?:过了|大|超)|(?:过|超)了?[五六四]十[^,。]{0,2}的?(?:不|别)|上年纪|手脚慢的?老",
        "年龄话会挡住能干活的人，没有法定原因请去掉",
        r"都行|不限|没关系|也(?:行|可)",
    ),
    _eye(
        "gender",
        r"小伙子?(?:来|们)|(?:女同志|男同志|大姐|大妈|大嫂|大哥|阿姨)[^,。]{0,4}(?:算了|别来|优先|快来|不要)|老?爷们|娘们|女的(?:别|不|算)",
        "像是限男女，请写清活的轻重",
    ),
    _eye(
        "looks",
        r"身材|漂亮|颜值|纹身|左撇子|普通话好|气质",
        "和干活无关的条件请去掉",
        r"漂亮(?:的)?(?:包装|礼盒|花)|(?:摆|扎|包)[^,。]{0,4}漂亮",
    ),
    _eye(
        "origin",
        r"(?:[省市县]|山东|河南|东北|安徽|四川|新疆|河北|江西|湖北|湖南|贵州|云南|甘肃)籍|不用[^,。]{0,4}(?:籍|省的|外地)",
        "不能限籍贯",
    ),
    _eye(
        "health",
        r"肝炎|病史|糖尿病|高血压[^,。]{0,4}(?:不|勿|别)|离过?婚",
        "和干活无关的健康、婚姻条件请去掉",
        r"病人|患者|老人|照[顾看]",
    ),
)
