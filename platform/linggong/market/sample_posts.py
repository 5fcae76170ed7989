"""Trial input for the import: real advert titles with made-up places, pay and dates, the same for the same seed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from linggong.kernel.chance import repeatable
from linggong.market.classifier import training_titles
from linggong.market.codes import (
    JOB_FORM_LABELS,
    LEGAL_FORM_LABELS,
    PAY_CHANNEL_LABELS,
    PAY_UNIT_LABELS,
    SETTLEMENT_LABELS,
    JobForm,
    LegalForm,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.import_columns import EMPLOYER
from linggong.market.text import clean_text
from linggong.market.trades import trade
from linggong.market.words import discrimination_hits, diversion_hits, fee_hits, gender_hits, scam_hits

HEADERS = (
    "标题", "工种代码", "人数", "地址", "村社区代码", "开工日期", "开工时间", "收工时间", "休息分钟", "工钱（元）", "计价单位",
    "结算方式", "支付方式", "用工形式", "用工关系", "联系人", "联系电话", "吃饭", EMPLOYER,
)  # fmt: skip
_STREETS = ("解放路", "东关大街", "大梁路", "金明大道", "黄河路", "中山路", "迎宾路", "工业园", "农贸市场", "物流园")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_HOURS = ((6, 15), (7, 16), (7, 17), (8, 17), (8, 18), (9, 18))


def write_sample_posts(
    path: Path,
    *,
    rows: int,
    seed: int,
    first_day: date,
    days: int,
    division_codes: Sequence[str],
    employer_numbers: Sequence[str],
) -> None:
    """Write `rows` posts as csv (docs/importing.md) for work between `first_day` and `days` later.

    Titles that the lint would refuse are replaced by their trade's name, so that the file is good as it stands.
    """
    rng = repeatable(seed)
    titles = training_titles()
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADERS)
        for _ in range(rows):
            title, code = rng.choice(titles)
            begin, end = rng.choice(_HOURS)
            unit = rng.choice((PayUnit.DAY, PayUnit.DAY, PayUnit.GONG, PayUnit.HOUR))
            yuan = rng.randrange(24, 40) if unit is PayUnit.HOUR else rng.randrange(220, 420, 10)
            day = first_day + timedelta(days=rng.randrange(days))
            writer.writerow(
                [
                    good_title(title, code),
                    code if rng.random() < 0.5 else "",
                    rng.choice((1, 1, 2, 2, 3, 4, 6, 10, 20)),
                    f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号",
                    rng.choice(division_codes),
                    day.isoformat(),
                    f"{begin:02d}:{rng.choice((0, 30)):02d}",
                    f"{end:02d}:30",
                    60,
                    yuan,
                    PAY_UNIT_LABELS[unit],
                    SETTLEMENT_LABELS[rng.choice((Settlement.DAILY, Settlement.DAILY, Settlement.PER_JOB))],
                    PAY_CHANNEL_LABELS[rng.choice((PayChannel.CASH, PayChannel.WECHAT, PayChannel.BANK))],
                    JOB_FORM_LABELS[JobForm.TEMPORARY],
                    LEGAL_FORM_LABELS[LegalForm.SERVICE],
                    f"{rng.choice(_SURNAMES)}经理",
                    f"139{rng.randrange(10**8):08d}",
                    rng.choice(("", "", "管午饭")),
                    rng.choice(employer_numbers),
                ]
            )


def good_title(title: str, code: str) -> str:
    """Return the title as the lint takes it: at most 40 characters, without words that a post must not hold."""
    cleaned = clean_text(title, 4000)[:40].strip()
    finders = (fee_hits, gender_hits, discrimination_hits, scam_hits, diversion_hits)
    refused = any(hit.severity == "error" for find in finders for hit in find(cleaned))
    found = trade(code)
    if (refused or len(cleaned) < 2 or not any(c.isalnum() for c in cleaned)) and found is not None:
        return found.name[:40]
    return cleaned
