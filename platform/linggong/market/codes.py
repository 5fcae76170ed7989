"""Closed code lists of a post and the Chinese words that users read for them (R045, R055, R080).

The values are stored as text with a check; the labels live here once, so that pages, workbooks and messages
say the same word.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PayUnit(StrEnum):
    """What one `pay_fen` buys. PIECE also stands for 单, 平方, 亩, 斤, 车: the post names its piece."""

    HOUR = "hour"
    DAY = "day"
    PIECE = "piece"
    MONTH = "month"
    GONG = "gong"


class Settlement(StrEnum):
    """When wages are settled. DAILY and PER_JOB are the defaults of one-off work (ruling on legal form)."""

    DAILY = "daily"
    PER_JOB = "per_job"
    WEEKLY = "weekly"
    ON_COMPLETION = "on_completion"


class PayChannel(StrEnum):
    """How wages reach the worker himself; the platform holds no money."""

    CASH = "cash"
    BANK = "bank"
    WECHAT = "wechat"
    CARD = "card"


class JobForm(StrEnum):
    """The three job forms that markets collect (R055)."""

    PART_TIME = "part_time"
    TEMPORARY = "temporary"
    PHASED = "phased"


class LegalForm(StrEnum):
    """Legal form of the relation, chosen before work starts (R080)."""

    LABOUR_CONTRACT = "labour_contract"
    NON_FULL_TIME = "non_full_time"
    SERVICE = "service"
    CONTRACTED_WORK = "contracted_work"
    WRITTEN_AGREEMENT = "written_agreement"
    OVER_AGE = "over_age"


class GenderLimitCode(StrEnum):
    """Work that the law forbids to women; the only ground for a gender limit (transition 2, R114).

    Annex of 女职工劳动保护特别规定 (State Council order 619), article 1: all three forbid the work to
    women, so each permits a post for men only. There is no statutory ground for the other direction.
    """

    MINE_UNDERGROUND = "mine_underground"
    HEAVY_LABOUR_IV = "heavy_labour_iv"
    FREQUENT_LIFTING = "frequent_lifting"


PAY_UNIT_LABELS: Final[dict[PayUnit, str]] = {
    PayUnit.HOUR: "小时",
    PayUnit.DAY: "天",
    PayUnit.PIECE: "件",
    PayUnit.MONTH: "月",
    PayUnit.GONG: "工",
}
SETTLEMENT_LABELS: Final[dict[Settlement, str]] = {
    Settlement.DAILY: "日结",
    Settlement.PER_JOB: "次结",
    Settlement.WEEKLY: "周结",
    Settlement.ON_COMPLETION: "完工结",
}
PAY_CHANNEL_LABELS: Final[dict[PayChannel, str]] = {
    PayChannel.CASH: "现金",
    PayChannel.BANK: "银行转账",
    PayChannel.WECHAT: "微信",
    PayChannel.CARD: "社保卡",
}
JOB_FORM_LABELS: Final[dict[JobForm, str]] = {
    JobForm.PART_TIME: "非全日制",
    JobForm.TEMPORARY: "临时性",
    JobForm.PHASED: "阶段性",
}
LEGAL_FORM_LABELS: Final[dict[LegalForm, str]] = {
    LegalForm.LABOUR_CONTRACT: "劳动合同",
    LegalForm.NON_FULL_TIME: "非全日制用工",
    LegalForm.SERVICE: "劳务",
    LegalForm.CONTRACTED_WORK: "承揽",
    LegalForm.WRITTEN_AGREEMENT: "书面协议",
    LegalForm.OVER_AGE: "超龄用工",
}
GENDER_LIMIT_LABELS: Final[dict[GenderLimitCode, str]] = {
    GenderLimitCode.MINE_UNDERGROUND: "矿山井下作业",
    GenderLimitCode.HEAVY_LABOUR_IV: "第四级体力劳动强度作业",
    GenderLimitCode.FREQUENT_LIFTING: "每小时6次以上每次20公斤以上，或每次25公斤以上的负重作业",
}
BENEFIT_LABELS: Final[dict[str, str]] = {
    "meal": "管饭",
    "lodging": "管住",
    "transport": "有车",
    "tools": "给工具",
    "insurance": "有保险",
}
INSURANCE_PAYER_LABELS: Final[dict[str, str]] = {
    "none": "还没说定谁买",
    "employer": "雇主买",
    "agency": "中介机构买",
    "worker": "自己买",
}
