"""Words of fraud that the plain word lists miss: disguised fees, paid courses, ways around, cheats (R057, R083, R114).

Each rule names what it looks for and when the same words are harmless. Rules read `fraud_text.plain`, clause by clause;
an `error` refuses the post, a `warning` wants a person's eye and stops the pass by rule (transition 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from linggong.market.fraud_eyes import EYES, Rule
from linggong.market.fraud_text import hidden_mobile, plain
from linggong.market.words import Hit, Severity

_SUM: Final = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九][十百千万一二三四五六七八九零]*)(?:元|块|多块|钱|rmb)?"
_CARDS: Final = r"(?:身份证|证件|银行卡|毕业证|驾驶?[照证]|健康证|户口本|社保卡)"
_GEAR: Final = (
    r"(?:服装|制服|工服|工装|工作服|劳保|工作鞋|鞋|安全帽|工牌|胸牌|门禁卡?|床位|水电|平安卡|出入证|篮子|网袋|被褥"
    r"|工具|物料|器材|设备|软件|手机|资料|材料|账号|保险|名额|位置|岗位|押车)"
)
_OURS: Final = r"(?:公司|单位|厂里?|店里|饭店|老板|雇主|我方|我们|政府|平台|工地|医院|统一)"
_FREE: Final = re.compile(
    rf"不(?:用|需要?|收|押|扣|要|必|得|会|会?再)[^,。]{{0,6}}(?:钱|费|押|扣|买|交|缴|证|罚)|免(?:费|押|交)|无需|不花钱|不用你"
    rf"|{_OURS}[^,。]{{0,4}}(?:承担|报销|买单|发放|配发)|{_OURS}(?:来)?(?:出|付)(?!\w*给)|报销|当场(?:归?还|退)|看一眼"
)
_WAGE: Final = re.compile(r"(?:工资|工钱|日薪|时薪|月薪|报酬|补贴|奖|结算|结清|当天结|一天|每天|每小时)[^,。]{0,6}\d")
_GUEST: Final = re.compile(r"客人|顾客|房客|住户|游客|业主|手牌|租客|购物|观众|家属|病人|老人家里")


def _rule(code: str, severity: Severity, looks: str, message: str, unless: re.Pattern[str] | None = None) -> Rule:
    return Rule(code, severity, re.compile(looks), message, unless)


_NOT_FREE: Final = re.compile(f"{_FREE.pattern}|{_GUEST.pattern}|[五三]险|社保|公积金|个税")
_NO_CHARGE: Final = "不能向零工收钱或押东西"
_COURSE: Final = (
    r"(?:培训|课程|实训|学费|学艺|学技术|学习资料|学习费|教材|考证|报考|考[^,。]{1,4}证|报班|岗前课|带徒费)"
)
_LEARN: Final = re.compile(
    r"免费|不收|不交|不花钱|不要钱|照发工[钱资]|政府补贴|报销|(?:公司|厂里?|我们|单位|店里)(?:来)?(?:出|付|承担)|培训照发"
)

FEES: Final = (
    _rule(
        "hidden_fee", "error",
        rf"(?:先|入职|上岗|报到|进场|进厂|到厂|入住|领[^,。]{{0,3}}时?|需要?|要|得|须|每[人套个位]|统一|门卫处)[^,。]{{0,10}}"
        rf"(?<![成提性])(?:交(?!接|班|通|完货)|缴|付(?!给你)|转(?!场|弯|运)|(?<!验|回|采|抢|丰|签)收(?!工|银|货|拾|割|麦|蒜|花|玉|尾|到|款|件|菜|碗|台|庄|纳))"
        rf"[^,。]{{0,8}}{_SUM}",
        f"{_NO_CHARGE}", re.compile(f"{_NOT_FREE.pattern}|收[^,。]{{0,4}}(?:斤|亩|袋|筐|车)"),
    ),
    _rule(
        "hidden_fee", "error",
        rf"{_GEAR}[^,。]{{0,4}}(?:费|押款|押金|款)(?!报|由|全?免|公司|厂|我|店)|(?:风险|信誉|诚信|占位|保底|履职|忠诚)金|工具押|押款|入会费|会费"
        r"|信息服务费|劳务介绍|中介服务",
        f"{_NO_CHARGE}", _NOT_FREE,
    ),
    _rule(
        "hidden_fee", "error",
        rf"(?:自费|自行|个人|自己|统一)(?:购买|买|掏钱|出钱)[^,。]{{0,6}}(?:{_GEAR[3:-1]})|(?:{_GEAR[3:-1]})[^,。]{{0,6}}(?:个人|自费|自己)(?:购买|买|承担|出)"
        rf"|(?:服装|制服|工[服装])[^。]{{0,10}}一套{_SUM}|自费(?!药|项目|旅)",
        "工服、体检、工具的钱由雇主出，不能让零工掏", re.compile(rf"{_NOT_FREE.pattern}|课程|培训|学"),
    ),
    _rule(
        "hidden_fee", "error",
        r"(?:费用|花费|体检|服装|证件)自理",
        "费用不能让零工自理", re.compile(r"(?:食宿|住宿|吃[饭住]|路费|车费|交通|午饭|往返|伙食)[^,。]{0,4}(?:费用)?自理|免费"),
    ),
    _rule(
        "hidden_fee", "error",
        rf"(?<![不没未])(?:押|压)(?:着|下)?{_SUM}(?!斤|袋|车|吨|遍|次|天|米|公里)|{_SUM}(?:的)?押(?:着|金|款)|交[^,。]{{0,6}}押(?:着|下)?",
        f"{_NO_CHARGE}", _NOT_FREE,
    ),
    _rule(
        "document_held", "error",
        rf"(?<![不没未无])(?:押|扣|收|保管|留下|上交|上缴)[^,。]{{0,5}}{_CARDS}|{_CARDS}[^,。]{{0,8}}(?:押|扣|上交|上缴|保管|统一收|由我们收)",
        "不能收押零工的证件、银行卡", _FREE,
    ),
    _rule(
        "wage_cut", "error",
        r"(?:工[资钱]|头[一]?[天月][^,。]{0,4}|首[日月])[^,。]{0,6}(?:里|中)?(?<!不)扣(?!除个税|税)|(?<!不)扣(?:除|光|完|掉)?(?:全部|当天|半天|一天)?工[资钱]"
        r"|工[资钱](?<!不)压|(?<!不)压[^,。]{0,4}(?:月|周)(?:的)?工?[资钱]?|罚款|(?<!不)罚(?:\d|钱)",
        "不能罚款、压工资、扣工资", re.compile(r"不(?:扣|压|罚|拖)|代扣个税"),
    ),
    _rule(
        "hidden_fee", "error",
        rf"(?:会员|vip|入会|年卡|月卡)[^,。]{{0,8}}(?:优先派?|派[活单]|{_SUM}(?:一年|一月|/|每))|(?:充值|开通)[^,。]{{0,6}}(?:会员|派单|接单)",
        "派活不能要零工入会、充值", re.compile(r"会员[店单卡]"),
    ),
    _rule(
        "hidden_fee", "error",
        r"(?:收取?|抽|提成|返)[^,。]{0,8}工[资钱][^,。]{0,6}(?:百分之|%|\d成|[一二三四五]成)|介绍成功[^,。]{0,4}(?:收|付|交)|抽成",
        "不能抽零工的工钱", re.compile(r"不抽"),
    ),
    _rule(
        "hidden_fee", "error",
        rf"(?:代办|办(?:理)?[^,。]{{0,6}}(?:证|卡))[^,。]{{0,6}}(?:{_SUM}|包过|收费)|包过(?!安检|来|去|磅|秤|机)|挂靠|(?:交|收|付){_SUM}[^,。]{{0,4}}(?:给办|办证|办卡)"
        rf"|{_SUM}(?:包办|代办|定位置)",
        "办证的钱不能让零工出，也不能挂靠证件", re.compile(rf"{_NOT_FREE.pattern}|不要钱|套餐"),
    ),
)  # fmt: skip

TRAINING: Final = (
    _rule(
        "training_lure", "error",
        rf"{_COURSE}[^。]{{0,18}}(?:自费|自理|自己[出付]|个人[出付]|分期|贷款|原价|付费|缴费|交钱|定金|先?[交缴付]了?{_SUM}|收取|{_SUM}元|{_SUM}$)"
        rf"|(?:自费|付费|交钱|缴费|贷款|分期|先[交缴]|购买|投入|收取)[^。]{{0,12}}{_COURSE}|实训费|培训期自费|教育分期|学的?钱先?交",
        "先交钱培训再上岗是常见骗局，不能发布。培训要钱的请走培训报名", _LEARN,
    ),
    _rule(
        "training_lure", "error",
        rf"(?:学|培训|教)[^。]{{0,20}}(?:分期|贷款|材料费(?:自|个)|投入{_SUM}|加盟)|加盟[^。]{{0,10}}(?:学|培训|派单)|先把[^。]{{0,6}}钱交",
        "先交钱培训再上岗是常见骗局，不能发布。培训要钱的请走培训报名", _LEARN,
    ),
    _rule(
        "training_offer", "warning",
        r"包教包会|先学后上岗|先报班|报班|学会[^,。]{0,3}(?:保证|包)就业|(?:推荐|安排|保证|包|分配)(?:就业|高薪|工作|上岗)|学员(?:招募|优先)|招人?考证|学徒[^,。]{0,4}带证",
        "像是招生，不像招工。请写清这一天干什么活、给多少钱", _LEARN,
    ),
)  # fmt: skip

_ID: Final = r"[a-z][a-z0-9_]{4,}"
DIVERSION: Final = (
    _rule(
        "diversion", "error",
        rf"加微[a-z0-9:]|(?:加|\+|联系|搜|扫|私|找我?)[^,。a-z]{{0,3}}(?:微信|微(?!商|波|笑)|卫星|维信|v信?|vx|wx|q(?!q糖)|扣扣|qq(?!糖)|绿泡泡|企微|企业微信)(?![a-z])"
        rf"|(?:微信|卫星|绿泡泡|扣扣|(?<![a-z])(?:v信?|vx|wx|q))[:号]*\s*{_ID}|(?:^|[^a-z])[\+加]?v[:+]?\s*{_ID}|绿泡泡|(?:微信|v)同号|看?朋友圈|加(?:个)?好友"
        r"|(?:微信|扣扣|(?<![a-z])(?:v|qq|q))号?[:]?[0-9零一二三四五六七八九]{6,}",
        "不能留微信、QQ、群或链接，电话填在“联系电话”里",
        re.compile(r"微信(?:转账|支付|结|收款|发|付)|不(?:用|要|需要?)加"),
    ),
    _rule(
        "diversion", "error",
        r"(?:进|入|加|拉)(?:群(?!众|租)|裙)|[群裙]号|群里(?:统一|安排|派|报|发)|群公告|[裙群]内派",
        "不能把人往群里带，报名在这里报", re.compile(r"群众|群租"),
    ),
    _rule(
        "diversion", "error",
        r"[a-z0-9]{2,}(?:点|丶|。)(?:com|cn|net|xyz|top|cc|vip|shop)|点击[^,。]{0,12}(?:填|链接|报名|下载)|填表链接|扫[^,。]{0,4}(?:名片|码)[^,。]{0,4}(?:加|进群|报名|填|关注|注册|领|统一)"
        r"|(?:搜|关注)[^,。]{0,3}(?:小程序|公众号|抖音|快手|小红书|视频号)|(?:小程序|公众号|抖音|快手|小红书|视频号)(?:搜|同名|私聊|报名)|私聊"
        r"|下载[^,。]{1,12}(?:注册|抢单|接单|app)",
        "不能把人带到别的软件、链接，报名在这里报", re.compile(r"客人|顾客|游客|扫码(?:收钱|付款|入库|出库|签到|分区|上架|点货)|收银|扫码枪|扫码,"),
    ),
    _rule(
        "around", "error",
        r"不要?在平台|绕[开过](?:平台|这里)|(?:我们|咱)自己的平台|平台外|私下(?:结|谈|联系|交易)|私人电话|直接打我",
        "不能绕开平台，工价和电话都写在这里", None,
    ),
)  # fmt: skip

CHEATS: Final = (
    _rule(
        "scam", "error",
        r"点赞(?:员|[^,。]{0,6}\d)|给[^,。]{0,4}点赞|补单|做数据|本金[^,。]{0,6}(?:返|退)|(?:在家|居家)[^,。]{0,6}(?:打字|串珠|手工|做活|录入)|手工(?:活)?外发|材料先寄|寄回结",
        "像刷单、手工外发一类的骗局，不能发布。确有此活请到驿站说明", None,
    ),
    _rule(
        "scam", "error",
        r"气氛组|(?<!不)陪(?:客人|聊|喝|酒|唱|玩)|会所接待|小费另算|公关接待",
        "陪侍一类的活不能发布", re.compile(r"不陪"),
    ),
    _rule(
        "scam", "error",
        r"收[^,。]{0,4}(?:银行卡|电话卡|手机卡)|卡[^,。]{0,6}一张\d|(?:用|拿)(?:自己|本人|你的?)[^,。]{0,4}(?:身份证?|实名|账号)[^,。]{0,6}(?:收件|转|注册|开户|代收)"
        r"|实名注册(?:账号)?|验证码给|拉[^,。]{0,4}人[^,。]{0,8}(?:分红|奖|返|提成)|层层有|不问货|别问(?:是)?什么|闲置(?:银行卡|账户)",
        "像洗钱、拉人头、卖实名一类的骗局，不能发布", None,
    ),
    _rule(
        "scam", "error",
        r"(?:境外|国外|边境|东南亚)[^。]{0,12}(?:园区|建筑|打工|高薪|送货|护照|来回|不问)|(?:护照|签证)[^,。]{0,4}(?:我们|包)办|机票全包",
        "境外招工要有对外劳务资质，不能在这里发布", None,
    ),
)  # fmt: skip

BIAS: Final = (
    _rule(
        "gender", "error",
        r"招[^,。]{0,4}(?:小姐姐|小哥哥|美女|帅哥|靓女|靓仔|宝妈)|(?:妇女|宝妈|小姐姐|小哥哥|小伙子?)(?:优先|为主|最好)",
        "法律不允许限男女，请写清活的轻重", None,
    ),
    _rule(
        "age_limit", "warning",
        r"[678905][05]后|年轻(?:有|人|漂亮|化)|超龄|岁数大的?(?:别|不)|老(?:人|年人|的)(?:别来|勿扰|不要|不招)|\d{2}周?岁?以上的?不(?:收|要|招)",
        "年龄话会挡住能干活的人，没有法定原因请去掉", None,
    ),
    _rule("looks", "warning", r"长得(?:好看|漂亮|帅)|漂亮的?优先|身高[一二]米", "长相身高和干活无关，请去掉", None),
)  # fmt: skip

_ALL: Final = (*FEES, *TRAINING, *DIVERSION, *CHEATS, *BIAS, *EYES)
_MARKS: Final = re.compile(r"[。;!?\n]")


def fraud_hits(text: str) -> Iterator[Hit]:
    """Return what the rules find in one text, each code once, with the words that gave it."""
    seen: set[str] = set()
    for sentence in filter(None, _MARKS.split(plain(text))):
        for rule in _ALL:
            if rule.code in seen:
                continue
            for match in rule.looks.finditer(sentence):
                if rule.unless is not None and rule.unless.search(_around(sentence, match)):
                    continue
                if rule.code == "hidden_fee" and _WAGE.search(match.group()):
                    continue
                seen.add(rule.code)
                yield Hit(rule.code, rule.severity, f"{rule.message}。请删掉“{match.group()[:20]}”")
                break
    if "phone_in_text" not in seen and hidden_mobile(text):
        yield Hit("phone_in_text", "error", "文字里不要写电话号码，汉字写的也不行。请填在“联系电话”里")


def _around(sentence: str, match: re.Match[str]) -> str:
    """Return the clause that holds the match with the clauses beside it: a denial may stand before or after."""
    start = sentence.rfind(",", 0, max(sentence.rfind(",", 0, match.start()), 0)) + 1
    end = match.end()
    for _ in range(2):
        end = sentence.find(",", end + 1)
        if end < 0:
            return sentence[start:]
    return sentence[start:end]
