"""Numbers that people and employers show: identity number, credit code, phone; and how names are masked.

Everything is checked by its own rules and nothing is looked up: a correct number is not proof of identity.
Messages are for the person who types; they never repeat the number, because errors are logged.
"""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stdnum.cn import uscc as stdnum_uscc


class BadNumber(ValueError):
    """A number that cannot be used. `message` is Chinese and says what to do; `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区",
    "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
    "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省",
    "36": "江西省", "37": "山东省",
    "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
    "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区",
    "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
    "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区", "83": "台湾居民",
}  # fmt: skip
"""Province part of GB 11643 numbers; 81 to 83 are residence permits, which use the same number."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_EARLIEST_YEAR = 1800
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_NUMBER_CELL = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)


class Sex(StrEnum):
    """Sex as the number states it (17th digit odd: male)."""

    MALE = "男"
    FEMALE = "女"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A checked resident identity number of 18 characters; only `parse_id_number` makes one.

    Printing it shows the masked form, so that a log line or an error report cannot leak it.
    """

    number: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    province_code: str
    province: str

    @property
    def masked(self) -> str:
        """First three and last two characters. Showing more would let the rest be computed."""
        return mask_id_number(self.number)

    def age_on(self, day: date) -> int:
        """Full years on a day; a birthday on 29 February is reached on 1 March of a common year (R113)."""
        if day < self.birth_date:
            raise ValueError("the day is before the birth")
        reached = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if reached else 1)

    def birthday_in(self, year: int) -> date:
        """The day of that year on which a year of age is completed, in step with `age_on`."""
        if (self.birth_date.month, self.birth_date.day) == (2, 29) and not isleap(year):
            return date(year, 3, 1)
        return self.birth_date.replace(year=year)

    def __str__(self) -> str:
        return self.masked


def check_digit(first17: str) -> str:
    """The 18th character for 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def parse_id_number(raw: object, *, today: date) -> IdNumber:
    """Check an identity number: form, province, birth date (real, not after `today`), check character.

    Takes text only. Full-width digits, spaces and a small x are read as meant; 15 digits become 18. The
    county part is never held against a table: codes of 1983 and later would refuse people born before them.
    Raises BadNumber.
    """
    text = _text(raw, "证件号")
    if re.search(r"[.eE+]", text) and _NUMBER_CELL.fullmatch(text):
        raise _spoilt("证件号")
    text = text.upper()
    if not text:
        raise BadNumber("empty", "请填写身份证号。")
    if re.fullmatch(r"\d{15}", text, re.ASCII):
        body = f"{text[:6]}19{text[6:]}"
        text = body + check_digit(body)
    if not re.fullmatch(r"\d{17}[\dX]", text, re.ASCII):
        if re.fullmatch(r"[\dX]+", text, re.ASCII) and len(text) != 18:
            raise BadNumber("length", f"身份证号应为 18 位（旧证 15 位），现在是 {len(text)} 位，请对照证件补全。")
        raise BadNumber("characters", "身份证号只能是数字，最后一位可以是 X，请对照证件重填。")
    province = PROVINCES.get(text[:2])
    if province is None:
        raise BadNumber("province", "身份证号开头两位不是已知的省份，请对照证件核对。")
    birth = _birth_date(text[6:14], today)
    if check_digit(text[:17]) != text[17]:
        raise BadNumber("checksum", "身份证号有一位不对，请对照证件逐位核对。")
    sex = Sex.MALE if int(text[16]) % 2 else Sex.FEMALE
    return IdNumber(text, birth, sex, text[:2], province)


def mask_id_number(number: str) -> str:
    """`4102**********0011`: the city and the last four; neither the county nor the birthday."""
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 12 else "*" * len(number)


class OrganisationKind(StrEnum):
    """Kind of an organisation as its credit code tells it; a guess to be confirmed by the licence."""

    ENTERPRISE = "enterprise"
    SOLE_TRADER = "sole_trader"
    COOPERATIVE = "cooperative"
    PUBLIC_BODY = "public_body"
    SOCIAL = "social"
    RURAL_COLLECTIVE = "rural_collective"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The Chinese name shown to users."""
        return _ORGANISATION_LABELS[self]


_ORGANISATION_LABELS = {
    OrganisationKind.ENTERPRISE: "企业",
    OrganisationKind.SOLE_TRADER: "个体工商户",
    OrganisationKind.COOPERATIVE: "农民专业合作社",
    OrganisationKind.PUBLIC_BODY: "机关事业单位",
    OrganisationKind.SOCIAL: "社会组织",
    OrganisationKind.RURAL_COLLECTIVE: "农村集体经济组织",
    OrganisationKind.OTHER: "其他",
}
_KIND_OF_CODE = {
    "91": OrganisationKind.ENTERPRISE,
    "92": OrganisationKind.SOLE_TRADER,
    "93": OrganisationKind.COOPERATIVE,
}
_KIND_OF_AUTHORITY = {
    "1": OrganisationKind.PUBLIC_BODY,
    "5": OrganisationKind.SOCIAL,
    "8": OrganisationKind.SOCIAL,
    "N": OrganisationKind.RURAL_COLLECTIVE,
}


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A checked unified social credit code (GB 32100) of 18 characters with the kind it suggests."""

    code: str
    kind: OrganisationKind

    def __str__(self) -> str:
        return self.code


def parse_uscc(raw: object) -> CreditCode:
    """Check a unified social credit code and guess the employer's kind from its first two characters (R045).

    Raises BadNumber. Codes of rural collectives begin with a letter, which python-stdnum's `validate`
    refuses, so only its alphabet and check character are used.
    """
    text = _text(raw, "统一社会信用代码").upper().replace("-", "")
    if not text:
        raise BadNumber("empty", "请填写统一社会信用代码。")
    if len(text) != 18:
        raise BadNumber("length", f"统一社会信用代码应为 18 位，现在是 {len(text)} 位，请对照营业执照补全。")
    if not re.fullmatch(r"[1-9ANY][0-9A-Y]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", text, re.ASCII):
        raise BadNumber(
            "characters",
            "统一社会信用代码的格式不对（不用字母 I、O、Z、S、V），请对照营业执照重填。",
        )
    if text[1] in "IOSV" or stdnum_uscc.calc_check_digit(text[:17]) != text[17]:
        raise BadNumber("checksum", "统一社会信用代码有一位不对，请对照营业执照逐位核对。")
    kind = _KIND_OF_CODE.get(text[:2]) or _KIND_OF_AUTHORITY.get(text[0], OrganisationKind.OTHER)
    return CreditCode(text, kind)


class PhoneKind(StrEnum):
    """What can be done with a phone: only a mobile gets short messages (R046 allows a landline)."""

    MOBILE = "mobile"
    LANDLINE = "landline"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone in one spelling: `13812345678`, `0371-22881234`, `0371-22881234-801` with an extension."""

    number: str = field(repr=False)
    kind: PhoneKind

    @property
    def masked(self) -> str:
        """The form that may be shown where the number may not."""
        return mask_phone(self.number)

    def __str__(self) -> str:
        return self.masked


_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_AREA = re.compile(r"0(?:10|2\d|[3-9]\d{2})", re.ASCII)


def is_mobile(number: str) -> bool:
    """Tell whether a number as it is kept can get an SMS."""
    return _MOBILE.fullmatch(number) is not None


def normalise_phone(raw: object) -> Phone:
    """Read a mobile or landline as people write it: `+86`, spaces, dashes, brackets, full-width digits.

    A whole number from a workbook cell is accepted, because eleven digits survive there. Raises BadNumber.
    """
    if isinstance(raw, float) and raw.is_integer() and 0 < raw < 1e15:
        raw = int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    text = _text(raw, "电话")
    text = re.sub(r"(?<=\d)\.0$", "", text, flags=re.ASCII)
    if not text:
        raise BadNumber("empty", "请填写电话。")
    text = re.sub("转|分机|[#*]", "x", text.lower())
    # The last dash of 0371-22881234-801 is an extension.
    text = re.sub(r"^((?:\+86-?)?0?\d{2,3}-\d{7,8})-(\d{1,6})$", r"\1x\2", text, flags=re.ASCII)
    text, _, extension = text.partition("x")
    digits = re.sub(r"[()（）_.·—–-]", "", text)
    if digits.startswith("+") and not digits.startswith("+86"):
        raise BadNumber("foreign", "目前只能用中国内地的电话，请换一个号码。")
    digits = re.sub(r"^(?:\+86|0086)", "", digits)
    if not digits.isascii() or not digits.isdigit():
        raise BadNumber("characters", "电话里有不是数字的字符，请重填，例如 13812345678。")
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if _MOBILE.fullmatch(digits):
        return Phone(digits, PhoneKind.MOBILE)
    # An area code written after +86 has lost its zero.
    landline = digits if digits.startswith("0") else f"0{digits}"
    area = _AREA.match(landline)
    local = landline[area.end() :] if area else ""
    if area and re.fullmatch(r"[2-8]\d{6,7}", local, re.ASCII) and len(digits) >= 9:
        if extension and not re.fullmatch(r"\d{1,6}", extension, re.ASCII):
            raise BadNumber("extension", "分机号只能是数字，请重填，例如 0371-22881234转801。")
        return Phone(f"{area[0]}-{local}" + (f"-{extension}" if extension else ""), PhoneKind.LANDLINE)
    if digits.startswith("1"):
        raise BadNumber("mobile", f"手机号应为 11 位、以 13 到 19 开头，现在是 {len(digits)} 位，请核对。")
    if 7 <= len(digits) <= 8:
        raise BadNumber("area", "座机请加上区号，例如 0371-22881234。")
    raise BadNumber("phone", "电话不对，请填 11 位手机号，或带区号的座机，例如 0371-22881234。")


def mask_phone(number: str) -> str:
    """`138****5678`, `0371-****1234`; anything else keeps its last two digits."""
    if _MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    landline = re.fullmatch(r"(0\d{2,3})-\d{3,4}(\d{4})(?:-\d+)?", number, re.ASCII)
    if landline:
        return f"{landline[1]}-****{landline[2]}"
    return "*" * max(len(number) - 2, 0) + number[-2:]


_DOUBLE_SURNAMES = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|"
    "太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|令狐|轩辕|呼延|百里|东郭|南门|西门"
)


def mask_name(name: str) -> str:
    """李国强 becomes 李*强, 李强 becomes 李*: to tell one's own family apart, who share a telephone. Staff see `veil_name`."""
    text = name.strip()
    if len(text) <= 1:
        return "*" * len(text)
    if len(text) == 2:
        return f"{text[0]}*"
    return text[0] + "*" * (len(text) - 2) + text[-1]


def veil_name(name: str) -> str:
    """李国强 becomes 李**, however long the name; what staff see of a person unless he stands before them."""
    text = name.strip()
    surname = text[:2] if len(text) > 2 and _DOUBLE_SURNAMES.match(text) else text[:1]
    return f"{surname}**" if text else ""


def mask_account(number: str) -> str:
    """`****0117`: a bank account by its last four digits."""
    return f"****{number[-4:]}" if len(number) >= 8 else "****"


def surname_call(name: str, sex: str | None = None) -> str:
    """How the wall screen calls a person: 李师傅, 王女士. Without a known sex 师傅, which suits everybody."""
    text = name.strip()
    title = "女士" if sex == Sex.FEMALE else "师傅"
    if len(text) > 2 and _DOUBLE_SURNAMES.match(text):
        return text[:2] + title
    return text[:1] + title


def _text(raw: object, what: str) -> str:
    """Typed text with full-width characters, spaces and invisible marks read as meant."""
    if not isinstance(raw, str):
        if raw is None:
            return ""
        raise _spoilt(what)
    text = _INVISIBLE.sub("", raw.translate(_FULL_WIDTH))
    # Workbook exports keep the apostrophe that marks a cell as text.
    return text.removeprefix("'").removeprefix("\u2018").removeprefix("\u2019")


def _spoilt(what: str) -> BadNumber:
    return BadNumber(
        "not_text",
        f"{what}被表格改成了数字，后几位可能已经丢失。请把这一列设为“文本”，对照原件重新填写。",
    )


def _birth_date(digits: str, today: date) -> date:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        birth = None
    if birth is None or birth.year < _EARLIEST_YEAR:
        raise BadNumber("birth_date", "身份证号里的出生日期不存在，请核对第 7 到 14 位。")
    if birth > today:
        raise BadNumber("birth_future", "身份证号里的出生日期还没到，请核对第 7 到 14 位。")
    return birth
