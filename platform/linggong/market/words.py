"""Words that a post must not hold: fees, gender limits, discrimination, scams, ways around the platform.

Each finder takes the text of one field and gives hits: rule code, severity and a Chinese message that
says what to do. Blanks and separators between Chinese characters are folded first: 押 金 and 押*金 are 押金.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning"]
Sex = Literal["male", "female"]


class Hit(NamedTuple):
    """One rule met by a text: rule code, severity, Chinese message."""

    code: str
    severity: Severity
    message: str


_SQUEEZE: Final = re.compile(r"(?<=[\u3400-\u9fff])[\s*·•._~\-|/\\^+#]+(?=[\u3400-\u9fff])")
_CLAUSE: Final = re.compile(r"[,;!?。\n:]")


def squeeze(text: str) -> str:
    """A text folded (NFKC, lower case) without separators between Chinese characters."""
    return _SQUEEZE.sub("", unicodedata.normalize("NFKC", text).lower())


# --- fees (R083): the service is free, no deposit may be taken from a worker --------------------------------

_FEE: Final = (
    "押金|压金|保证金|报名费|中介费|介绍费|服装费|工装费|工服费|培训费|体检费|办证费|资料费|建档费|信息费|会员费|代办费"
    "|入职费|上岗费|岗位费|手续费|服务费|定金|订金|诚意金|违约金|扣押身份证|扣身份证|押身份证|抵押"
)
_FEE_WORD: Final = re.compile(_FEE)
_NEGATED: Final = re.compile(
    r"(?:不|无|免|没|零|拒|禁止?|杜绝|谢绝)"
    r"(?:[需用要收交缴取扣必得再有付许]|任何|一切|各种|其[他它]|形式|的|费用|求职者|工人|零工|个人|向|以|和|及|或者?|与|、|车辆|工具|器材|住宿"
    rf"|{_FEE})*$"
)
_BUT: Final = re.compile(r"^[^,。]{0,3}(?:不能|不让|不给|不予|不得|不可|不行|别来|勿扰)")
_FREE: Final = re.compile(
    r"^\)?(?:全部?免|免|不收|不要|不用|不需|为?[零0]元?|[由归]?(?:雇主|公司|单位|老板|我方|我们|厂里|店里)(?:全部)?(?:承担|出|付|支付|报销|买单))"
)
_OF_GUESTS: Final = re.compile(r"(?:客人|顾客|房客|房间|客房|手牌|租客|住户|游客|房东)[^,。]{0,4}$")
_WAGE_GUARANTEE: Final = re.compile(r"(?:工资|农民工|质量|履约)$")
_PAY_FIRST: Final = re.compile(
    r"先(?:交|缴)(?:钱|费|\d)|交(?:钱|费)(?:上岗|入职|报名|才能)|先付(?:款|费)(?:后|再)|入职(?:前|时)?(?:需|要)?(?:交|缴)(?:纳)?\d"
)


def fee_hits(text: str) -> Iterator[Hit]:
    """Fees and deposits asked of workers; 不收押金, 无需押金, 培训费全免 and the like are allowed."""
    seen = set()
    for clause in _CLAUSE.split(squeeze(text)):
        for match in _FEE_WORD.finditer(clause):
            before, after, word = clause[: match.start()], clause[match.end() :], match.group()
            if word == "保证金" and _WAGE_GUARANTEE.search(before):
                continue
            if word in ("押金", "服务费", "定金", "订金", "会员费") and (
                _OF_GUESTS.search(before) or after[:1] in ("柜", "条")
            ):
                continue
            negated = bool(_NEGATED.search(before)) and not _BUT.match(after)
            if negated or _FREE.match(after) or word in seen:
                continue
            seen.add(word)
            yield Hit("fee", "error", f"不能向零工收费或扣证件。请删掉“{word}”")
        if first := _PAY_FIRST.search(clause):
            yield Hit("fee", "error", f"不能让零工先交钱。请删掉“{first.group()}”")


# --- gender (R114, transition 2) ---------------------------------------------------------------------------

_NEUTRAL: Final = re.compile(
    r"(?:不限|不分)男女|性别(?:不限|不作要求|无要求)|男女(?:工|性|生|士)?(?:老少|皆宜|不限|均可|都可以?|都行|皆可|都要|都招|不论)*|男(?:工|士)?[、和或及]?女(?:工|士)?"
)
_UNEQUAL: Final = re.compile(
    r"男[^女,;。\d]{0,4}\d+[^女]{0,6}女[^男,;。\d]{0,4}\d+|女[^男,;。\d]{0,4}\d+[^男]{0,6}男[^女,;。\d]{0,4}\d+"
)
_NOT_A_PERSON: Final = r"(?!装|鞋|包|款|裤|童|袜|厕|浴|宾|科|衣|婴|儿|帽|式|朋友|士皮|士护|性用|性健|生宿)"
_GENDER: Final = (
    re.compile(rf"(?:仅|只|限|单|光)(?:限|招|要|收|聘|用)?(?P<sex>[男女]){_NOT_A_PERSON}"),
    re.compile(
        rf"(?:招聘?|聘|急?需要?|要求?|找|来)(?:\d+|[一二两三四五六七八九十]+)?[名个位人]?(?P<sex>[男女]){_NOT_A_PERSON}"
    ),
    re.compile(r"(?P<sex>[男女])(?:性|工|生|士|的|同志)?(?:优先|为主|最好|为佳|优选)"),
    re.compile(r"(?P<sex>[男女])(?:性|工|生|士)?\d+(?:-|~|至|到)\d+岁?"),
    re.compile(r"(?P<sex>[男女])(?:工|性)(?!宿舍|更衣|用品|健康|装|浴|厕|保护|权益|病|服务)"),
    re.compile(r"(?:谢绝|拒绝|不[招要收用])(?P<other>[男女])"),
)


def gender_hits(text: str, allowed: Sex | None = None) -> Iterator[Hit]:
    """Gender limits and preferences. `allowed` is the sex to which a statutory code may limit the post."""
    squeezed = squeeze(text)
    if _UNEQUAL.search(squeezed):
        yield Hit("gender_pay", "error", "男女要同工同酬，人数也不能按男女分。请写一个工价、一个总人数")
        return
    neutral = _NEUTRAL.sub("", squeezed)
    for pattern in _GENDER:
        if match := pattern.search(neutral):
            groups = match.groupdict()
            mark = groups.get("sex") or ("女" if groups.get("other") == "男" else "男")
            if allowed == ("male" if mark == "男" else "female"):
                continue
            yield Hit("gender", "error", f"法律不允许限男女。请删掉“{match.group()}”，写清要干的活和力气要求")
            return


# --- discrimination (R114) ---------------------------------------------------------------------------------

_PLACES: Final = (
    "本地|外地|本市|本县|本区|本村|农村|城镇|河南|河北|山东|山西|陕西|安徽|江苏|浙江|湖北|湖南|四川|重庆|广东|广西|福建|江西"
    "|云南|贵州|东北|辽宁|吉林|黑龙江|内蒙古?|新疆|西藏|青海|甘肃|宁夏|北京|上海|天津|海南|台湾|香港|凉山"
)
_DISCRIMINATION: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = (
    (
        "origin",
        re.compile(
            rf"(?:不[招要收用]|谢绝|拒绝|除|禁止)[^,。;]{{0,6}}(?:{_PLACES})(?:省|市)?(?:人|籍|户|的|除外)"
            rf"|(?:仅|只|限|须|必须|要求?)(?:限|招|要|收|是)?(?:{_PLACES})(?:省|市)?(?:人|籍|户)|籍贯|(?:{_PLACES})人?(?:勿扰|除外)"
        ),
        "不能限籍贯",
    ),
    (
        "household",
        re.compile(rf"(?:{_PLACES}|非农)(?:户口|户籍)|户[口籍](?:限|要求|须)"),
        "不能限户籍",
    ),
    (
        "ethnicity",
        re.compile(
            r"(?:仅|只|限|不[招要收用]|谢绝|拒绝|须|必须)[^,。;]{0,4}(?:[汉回满苗壮藏彝]族|维吾尔|少数民族|维族|蒙古族)"
            r"|(?:汉族|少数民族)(?:优先|勿扰|除外)"
        ),
        "不能限民族",
    ),
    (
        "religion",
        re.compile(r"(?:不[招要收用]|谢绝|仅|只招|限)[^,。;]{0,4}(?:信教|信佛|教徒|宗教)"),
        "不能限宗教信仰",
    ),
    (
        "health",
        re.compile(r"(?<!不查)(?<!不得查)(?:乙肝(?!病[人房区]|患者|科|疫苗)|两对半|大三阳|小三阳|澳抗|艾滋|hiv)"),
        "不能查或限乙肝等病毒携带者",
    ),
    (
        "disability",
        re.compile(
            r"(?:不[招要收用]|谢绝|拒绝|禁止)[^,。;]{0,3}(?:残疾|聋哑|残障|聋人|盲人)|(?:残疾|残障|聋哑)人?(?:勿扰|除外)"
        ),
        "不能拒绝残疾人，请写清活的要求",
    ),
    (
        "zodiac",
        re.compile(
            r"属相|生肖|星座|血型|(?:不[招要收用]|不能|谢绝|忌|除|限)属?[鼠牛虎兔龙蛇马羊猴鸡狗猪](?:的|年|$)|属[鼠虎兔龙蛇马羊猴鸡狗猪]的?"
        ),
        "不能限属相、星座、血型",
    ),
    (
        "marriage",
        re.compile(
            r"已婚|未婚|已育|未育|单身(?!公寓|宿舍)|离异|婚育|生育(?:情况|计划)|(?:不[招要收用得能许准]|谢绝|拒绝|禁止|非)[^,。;]{0,3}(?:怀孕|孕妇|孕期|哺乳|备孕)"
        ),
        "不能限婚育情况",
    ),
)
_LOOKS: Final = re.compile(r"身高\d|身高[^,。]{0,3}(?:以上|要求)|五官端正|形象(?:好|佳|气质)|颜值|体重\d|不(?:要|招)胖")
_LOCAL_FIRST: Final = re.compile(r"(?:本地|本村|本县|本市|附近)(?:的|人|居民)?优先")
_AGE: Final = re.compile(
    r"\d{2}岁?(?:周岁)?(?:-|~|—|至|到)\d{2}周?岁|(?:限|不超过?|低于|小于)\d{2}周?岁|\d{2}(?:周岁|岁)(?:以[下内]|左右)|超过?\d{2}周?岁(?:不|勿)|年轻人?(?:优先|为主)|限年轻"
)


def discrimination_hits(text: str) -> Iterator[Hit]:
    """Limits by origin, household, ethnicity, religion, virus, disability, zodiac, marriage: errors.

    Age caps, looks and preference for locals: warnings (age limits warn, requirements of the women's
    employment notice and of halls that stood empty behind an age cap).
    """
    squeezed = squeeze(text)
    for code, pattern, why in _DISCRIMINATION:
        if match := pattern.search(squeezed):
            yield Hit(code, "error", f"{why}。请删掉“{match.group()}”")
    if match := _AGE.search(squeezed):
        yield Hit(
            "age_limit",
            "warning",
            f"“{match.group()}”会挡住很多能干活的人。没有法定原因请去掉年龄，写清活的轻重",
        )
    if match := _LOOKS.search(squeezed):
        yield Hit("looks", "warning", f"“{match.group()}”和干活无关的话请去掉")
    if match := _LOCAL_FIRST.search(squeezed):
        yield Hit("local_first", "warning", f"“{match.group()}”可能算地域歧视。请改成“离工地近、能按时到”")


# --- scams and ways around the platform (R057) -------------------------------------------------------------

_SCAM: Final = re.compile(
    r"刷单(?!间|元|位|人|面|层)|刷信誉|刷好评|刷流水|刷量|补单|做单返|点赞返|返佣|返利|跑分|洗钱|裸聊|拉人头|传销|发展下线|躺赚|躺赢|日入过[百千万]|月入过万|日赚\d{3,}"
    r"|(?:手机|在家|线上|网上)(?:兼职|赚钱)|打字员|打字录入|网赚|挂机|游戏试玩|先?垫付(?!工资)|垫资|帮忙转账|代收款|代转账"
    r"|(?:出租|出借|收购|租用|借用)[^,。]{0,4}(?:银行卡|电话卡|手机卡|微信号|账户|对公)|缅甸|柬埔寨|缅北|金三角|出国高薪|境外高薪"
    r"|公关(?:男|女|佳丽|模特)|高薪公关|(?<!不)陪酒|陪侍|夜场(?!球|施工|改造|装修|保洁|电影)|佳丽|代孕|卖血|捐卵|办证刻章|代考|替考|赌场|博彩|菠菜"
)
_TOO_GOOD: Final = re.compile(r"轻松高薪|高薪轻松|日结高薪|高薪日结|高薪急招|不用干活|无任何要求|零门槛高薪|高回报")
_WECHAT: Final = r"(?:微信|薇信|威信|微芯|v信|weixin|wechat|\bwx|\bvx|扣扣|企鹅号?|\bqq|抖音号?|快手号?)"
_MONEY_BY_WECHAT: Final = re.compile(
    r"(?:微信|wechat)(?:或现金|或支付宝|或银行|支付|付款?|结算?|转账?|收款|到账|发工资|红包|零钱|发放|日结)|(?:用|走|通过)微信(?=$|,|。)"
)
_DIVERT: Final = (
    re.compile(rf"(?:加|扫|联系|咨询|私|发|留)(?:一下|我|老板|群主?|下)?(?:的|个)?{_WECHAT}"),
    re.compile(rf"{_WECHAT}(?:号码?|同号|群)?\s*[:同]?\s*(?:[a-z][a-z0-9_-]{{4,}}|\d{{5,}}|同号|同步|同电话|手机同)"),
    re.compile(r"加群|进群|扫码(?:加|进|关注|报名)|公众号报名|私信(?:我|报名|联系)|点击?链接|点下方|下载app|下载软件"),
    re.compile(r"https?://|www\.|\b[a-z0-9-]{2,}\.(?:com|cn|net|top|xyz|cc|vip|icu|shop|site|club|link|me)\b|\bt\.me/"),
)
_MOBILE: Final = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)\d{17}[\dx](?!\w)")


def scam_hits(text: str) -> Iterator[Hit]:
    """Words of known frauds and of forbidden work (error), and promises too good to be true (warning)."""
    squeezed = squeeze(text)
    if match := _SCAM.search(squeezed):
        yield Hit("scam", "error", f"“{match.group()}”常见于骗局，不能发布。确有此活请到驿站说明")
    elif match := _TOO_GOOD.search(squeezed):
        yield Hit("too_good", "warning", f"“{match.group()}”会让人不敢来。请直接写干什么、多少钱")


def diversion_hits(text: str) -> Iterator[Hit]:
    """Contacts and links that lead away from the platform, numbers that have fields of their own (R049)."""
    plain = unicodedata.normalize("NFKC", text).lower()
    for candidate in (plain, squeeze(text)):
        cleaned = _MONEY_BY_WECHAT.sub("", candidate)
        match = next((found for pattern in _DIVERT if (found := pattern.search(cleaned))), None)
        if match:
            yield Hit(
                "diversion",
                "error",
                f"不能留微信、QQ、群或链接。请删掉“{match.group().strip()}”，电话填在“联系电话”里",
            )
            break
    if _MOBILE.search(plain):
        yield Hit("phone_in_text", "error", "文字里不要写手机号。请填在“联系电话”里，报名的人能看到")
    if _IDENTITY.search(plain):
        yield Hit("identity_in_text", "error", "文字里不要写身份证号。请删掉")
