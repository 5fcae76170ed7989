"""What one contract costs in CPU: set as PDF/A-2b, sealed with a time stamp, and examined again.

    python -m benchmarks.contract [--papers 60]

Prints the median and the 95th percentile of the CPU time (not the wall clock: other work on the machine does not count) for
each form, and the ratio of the median against the limit of 200 ms a sealed contract.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from linggong.contracts import clauses, seal, typeset, wording
from linggong.contracts.examine import examine
from linggong.contracts.facts import Facts, ShiftLine
from linggong.contracts.models import ContractConsent
from linggong.kernel.settings import Settings
from linggong.market.codes import LegalForm

LIMIT_MS = 200
_WHEN = datetime(2026, 3, 9, 21, 10, tzinfo=UTC)


def _facts(form: LegalForm, n: int) -> Facts:
    return Facts(
        code=f"KF{n:08d}", part=0, changes=[], form=form, warnings=["商业保险不能代替工伤保险。"], terms_version=1,
        terms_hash="9f86d081" * 8, title="搬砖小工，管午饭", trade="其他建筑施工人员", description="上料、搬砖、清场。",
        place="东关大街12号工地南门", shifts=[ShiftLine(f"2026年3月{d}日", "07:30—16:30", "60 分钟") for d in range(11, 25)],
        pay="每天 200 元", pay_unit="day", settlement="日结", channel="现金", benefits="管饭、接送", employer="开封建筑公司",
        rain_rule="出门前通知不开工，不算钱；到场后因雨不开工，付日工钱的30%或车费", insurance="雇主买", worker="李师傅",
        cancel_rule="锁定名单前双方都可以取消；锁定后雇主取消，付日工钱的30%", wait_percent="50", wait_fault_percent="100",
        heat_allowance="", retention_years=3, station="兰阳街道零工驿站", phone="12333",
    )  # fmt: skip


def _consents() -> list[ContractConsent]:
    return [
        ContractConsent(
            side=side, method="code", channel="web", device="安卓手机 微信", witness="", station=None, slip_id=None,
            slip_due_at=None, text_hash=b"x" * 32, given_at=_WHEN,
        )
        for side in ("employer", "worker")
    ]  # fmt: skip


def _data(form: LegalForm, n: int) -> dict[str, object]:
    parties = wording.Parties(
        employer="开封建筑公司", employer_lines=["统一社会信用代码：91410225MA40000001"], worker=f"李国强{n}",
        worker_lines=["身份证号：4102**********0011（完整号码由平台核验留存）"],
    )  # fmt: skip
    cover = [
        {
            "widths": [0, 0, 1, 1, 0],
            "head": ["险种", "保单号", "保险期间", "保额", "谁付保费"],
            "rows": [
                ["意外险", "P20260310", "3月11日 06:30 至 3月24日 18:30", "身故伤残 600000 元，医疗 60000 元", "政府"]
            ],
        }
    ]
    return wording.document(
        _facts(form, n), parties, _consents(), places={}, url=f"https://lg.example.gov.cn/c/KF{n:08d}", seal="零工市场",
        made_at=_WHEN, cover=cover,
    )  # fmt: skip


def _spent(start: float) -> float:
    return (time.process_time() - start) * 1000


def _told(name: str, found: list[float]) -> float:
    median = statistics.median(found)
    print(f"{name:<22} median {median:6.1f} ms   p95 {sorted(found)[int(len(found) * 0.95)]:6.1f} ms")
    return median


def main() -> None:
    """Measure with a seal of its own, which is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=60)
    papers = parser.parse_args().papers
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    try:
        ours = seal.of(Settings(data_dir=folder))
        start = time.process_time()
        seal.apply(ours, typeset.pdf(_data(LegalForm.SERVICE, 0)), when=_WHEN, reason="x")
        print(f"first paper of a process: {_spent(start):.0f} ms (libraries and fonts are read once)")
        setting: list[float] = []
        sealing: list[float] = []
        examining: list[float] = []
        sizes: list[int] = []
        for n in range(papers):
            form = list(clauses.TITLES)[n % len(clauses.TITLES)]
            start = time.process_time()
            pdf = typeset.pdf(_data(form, n))
            setting.append(_spent(start))
            start = time.process_time()
            raw = seal.apply(ours, pdf, when=_WHEN, reason="平台盖章")
            sealing.append(_spent(start))
            start = time.process_time()
            assert examine(ours, raw).good
            examining.append(_spent(start))
            sizes.append(len(raw))
        _told("set (typst, PDF/A-2b)", setting)
        _told("seal and time stamp", sealing)
        _told("examine", examining)
        whole = _told("a sealed contract", [a + b for a, b in zip(setting, sealing, strict=True)])
        print(f"{papers} contracts of 14 shifts, {statistics.median(sizes) / 1024:.0f} KB each")
        print(f"a sealed contract: {whole:.0f} ms of CPU against {LIMIT_MS} ms, ratio {whole / LIMIT_MS:.2f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
