"""The measures M01 to M25 as data: one declared table for the facts, the API and the page that explains them (section 9).

A change of what a figure means is a new version: raise VERSION, and the next refresh counts all facts anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

VERSION: Final = 1
SINCE: Final = date(2026, 11, 27)
OWNER: Final = "市人社局就业处"
PERSONS_LEAST: Final = 10
EMPLOYERS_LEAST: Final = 3

Kind = Literal["rate", "persons", "percentile", "sum", "computed"]


@dataclass(slots=True)
class Found:
    """What the facts tell of a period: per component the sums by key, and what a definition asks for besides (`Reads`)."""

    first: date
    last: date
    today: date
    keys: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[str, dict[date, int]] = field(default_factory=dict)
    trades: dict[str, dict[str, int]] = field(default_factory=dict)
    before: dict[str, dict[str, int]] = field(default_factory=dict)
    """By trade, all days before the first."""
    latest: dict[str, dict[str, date]] = field(default_factory=dict)
    """The last day of each key up to the end of the period, in the year before it."""

    def sum(self, component: str) -> int:
        """Return the sum of a component over the period."""
        return sum(self.keys.get(component, {}).values())


@dataclass(frozen=True, slots=True)
class Computed:
    """What a function makes of what was found: the value, and what it was divided from."""

    value: float | None
    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a measure. `above` and `below` name components of the facts.

    `rate` divides sums (times `scale`), `persons` numbers of distinct keys, `sum` adds; `percentile` takes the value at `share` of
    the list `above`, with what `below` counts (not over yet) behind its end; `computed` asks `compute`, which reads the
    definition's `uses`. `guarded`: told only for ten persons and three employers.
    """

    key: str
    label: str
    kind: Kind
    above: str = ""
    below: str = ""
    share: int = 0
    unit: str = "%"
    guarded: bool = False
    scale: int = 1
    compute: Callable[[Found], Computed] | None = None


@dataclass(frozen=True, slots=True)
class Reads:
    """Components that a definition's functions read: by key in the period, by day, by trade, before the period, or their latest day."""

    keys: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One measure: what it says in plain words, its formula, what it leaves out, and its figures. No figures: not counted yet.

    `guard` names the components whose keys are the persons and the employers behind it. `ripe`: only days that are over are told.
    `waits`: what it still needs, in words for whoever asks.
    """

    id: str
    name: str
    words: str
    formula: str
    leaves_out: str = "没有发布过的、被管理部门下架的用工单，分子分母都不算。"
    day: str = "上工日"
    figures: tuple[Figure, ...] = ()
    uses: Reads = Reads()
    guard: tuple[str, str] = ("shift.person", "shift.employer")
    ripe: bool = False
    waits: str = ""
    version: int = VERSION
    owner: str = OWNER
    since: date = SINCE


def _wage(share: int, label: str) -> Figure:
    return Figure(f"p{share}", label, "percentile", "wage.hour", share=share, unit="分/小时", guarded=True)


_NOT_YET: Final = "—"

DEFINITIONS: Final[tuple[Definition, ...]] = (
    Definition("M01", "求人倍率", "平均一个找活的人有几个岗位等着。", "有效需求人数 ÷ 有效求职人数，上期结转加本期新增", _NOT_YET, "登记日"),
    Definition("M02", "日供需比", "这一天早上五点，还缺的人数和说了能来的人数之比。", "五点时仍缺人数 ÷ 当天表示能来的人数", _NOT_YET),
    Definition(
        "M03", "匹配率", "要的人里，有多少已经和用工方互相说定了。", "双方确认的派工人次 ÷ 需要人次",
        figures=(Figure("rate", "匹配率", "rate", "confirmed", "wanted"),),
    ),
    Definition(
        "M04", "到岗率", "要的人里，有多少真的到了工地。和匹配率的差，就是说好了没来的。", "到岗人次 ÷ 需要人次",
        figures=(Figure("rate", "到岗率", "rate", "arrived", "wanted"),),
    ),
    Definition(
        "M05", "满员用时", "一个用工单发布以后，多久把人招齐。没招齐的不丢掉，排在最后。",
        "发布到最后一人说定的分钟数：中位数、九成位；另报没招齐的比例", day="发布日",
        figures=(
            Figure("p50", "中位数", "percentile", "fill.minutes", "fill.none", share=50, unit="分钟"),
            Figure("p90", "九成在多久内", "percentile", "fill.minutes", "fill.none", share=90, unit="分钟"),
            Figure("unfilled", "没招齐的比例", "rate", "fill.none", "posts"),
        ),
    ),
    Definition(
        "M06", "首个应答用时", "发布以后，多久说定第一个人。", "发布到第一人说定的分钟数：中位数、九成位", day="发布日",
        figures=(
            Figure("p50", "中位数", "percentile", "first.minutes", "first.none", share=50, unit="分钟"),
            Figure("p90", "九成在多久内", "percentile", "first.minutes", "first.none", share=90, unit="分钟"),
        ),
    ),
    Definition(
        "M07", "完工率", "到岗的人里，有多少干完并被认可。", "认可完工人次 ÷ 到岗人次",
        figures=(Figure("rate", "完工率", "rate", "completed", "arrived"),),
    ),
    Definition(
        "M08", "爽约率", "说定以后没来的：零工没到，或者用工方没开工。", "爽约人次 ÷ 说定人次",
        leaves_out="因天气取消的、规定时间内取消的不算爽约；下架的用工单不算。",
        figures=(
            Figure("worker", "零工爽约率", "rate", "missing.worker", "agreed"),
            Figure("employer", "用工方爽约率", "rate", "missing.employer", "agreed"),
        ),
    ),
    Definition(
        "M09", "工资价位", "结清了的活，折成一小时挣多少。少于十个人或三家用工方，不公布。",
        "工资单金额 ÷ 约定工时（扣除吃饭时间），取一成、四分之一、一半、四分之三、九成位",
        leaves_out="没结清的、赔偿性质的工资单不算。",
        guard=("wage.person", "wage.employer"),
        figures=(_wage(10, "一成位"), _wage(25, "四分之一位"), _wage(50, "中位数"), _wage(75, "四分之三位"), _wage(90, "九成位")),
    ),
    Definition("M10", "困难人员上岗率", "就业困难人员里，有多少上了工。", "至少完成一个工的困难人员 ÷ 在找活的困难人员", _NOT_YET),
    Definition("M11", "待工天数", "在找活的人，离上一次干活过了几天。", "距上次完工的天数；超过 7 天、30 天的比例", _NOT_YET),
    Definition(
        "M12", "按时结算率", "到期的工资单里，按时付清并由零工本人确认的有多少；只有凭证的、还没人确认的分开报。",
        "按时付清且本人确认的工资单 ÷ 到期工资单", leaves_out="应付为零的、还没到期的工资单不算。", day="应付日",
        guard=("due.person", "due.employer"), ripe=True,
        figures=(
            Figure("rate", "本人确认", "rate", "bills.confirmed", "bills.due"),
            Figure("evidence", "只有凭证", "rate", "bills.evidence", "bills.due"),
            Figure("claimed", "说付了、没人确认", "rate", "bills.claimed", "bills.due"),
        ),
    ),
    Definition(
        "M13", "欠薪率", "过了宽限还没付清的：涉及多少人，多少钱。这里不含账龄。",
        "有逾期工资单的人 ÷ 有到期工资单的人；逾期金额 ÷ 到期金额", leaves_out="应付为零的、还没到期的工资单不算。", day="应付日",
        guard=("due.person", "due.employer"), ripe=True,
        figures=(
            Figure("persons", "按人", "persons", "late.person", "due.person"),
            Figure("money", "按金额", "rate", "late.fen", "due.fen"),
        ),
    ),
    Definition("M14", "纠纷率与时限", "每干完一千个工有几起纠纷，处理得及不及时。", "纠纷数 ÷ 完工千人次；受理、办结按时率", _NOT_YET),
    Definition(
        "M15", "参保率", "到岗的人里，上工那一刻有保险的有多少。", "到岗时保单有效的人次 ÷ 到岗人次",
        figures=(Figure("rate", "参保率", "rate", "covered", "arrived"),),
    ),
    Definition(
        "M16", "签约率", "到岗的人里，开工前签了约定的有多少。", "开工前签约的人次 ÷ 到岗人次",
        figures=(Figure("rate", "签约率", "rate", "contracted", "arrived"),),
    ),
    Definition(
        "M17", "闭环率", "从说定到签约、保险、完工、结清、评价，样样都有的占多少。",
        "说定、签约、参保或书面放弃、完工、结清、有评价，全部具备的人次 ÷ 到岗人次",
        figures=(Figure("rate", "闭环率", "rate", "looped", "arrived"),),
    ),
    Definition("M18", "虚假过期岗位率", "发布的岗位里，查实虚假或过期没撤的有多少。", "虚假或过期未撤 ÷ 发布数", _NOT_YET, "发布日"),
    Definition("M19", "驿站活跃度", "一个驿站开没开门、有没有人来、办没办成事，打 0 到 100 分。", "五项加权", _NOT_YET),
    Definition("M20", "僵尸驿站", "三十天没办成一个工、又没什么人来的站点。", "三十天完工为 0，且服务不足 5 人或开门证据不足三成", _NOT_YET),
    Definition("M21", "疑似造假", "看起来不像真的记录，提醒人去核实。", "月末夜间集中录入、一机多人、文字雷同等", _NOT_YET),
    Definition(
        "M22", "满意度", "干完活以后，双方互相打分，四星五星算满意。", "四星及以上的评价 ÷ 全部评价", day="评价日",
        leaves_out="没有评价的不算。", guard=("rated.person", "rated.firm"),
        figures=(
            Figure("worker", "零工满意", "rate", "satisfied.worker", "rated.worker"),
            Figure("employer", "用工方满意", "rate", "satisfied.employer", "rated.employer"),
        ),
    ),
    Definition(
        "M23", "合同得分预测", "按到现在的数据，合同考核能得多少分。", "按考核表逐项计分，列出每一项扣了多少", _NOT_YET,
        waits="要等合同考核表录入系统后才能算。",
    ),
    Definition("M24", "覆盖率", "住在活跃驿站三公里以内的人占多少。", "三公里内人口 ÷ 总人口", _NOT_YET),
    Definition(
        "M25", "代办比例", "零工的确认，有多少是站点人员代办的。代办多、回访又少，要留意。这里只算确认，不算登记和报名。",
        "代办的确认 ÷ 全部确认", day="确认日", leaves_out="用工方一边的确认不算。",
        guard=("said.person", "said.firm"),
        figures=(Figure("rate", "代办比例", "rate", "said.proxy", "said.all"),),
    ),
)  # fmt: skip
"""All of them in order. The first text after the formula says what is left out; '—' where nothing is counted yet."""

BY_ID: Final[Mapping[str, Definition]] = {definition.id: definition for definition in DEFINITIONS}
