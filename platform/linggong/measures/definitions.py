"""The measures M01 to M25 as data: one declared table for the facts, the API and the page that explains them (section 9).

A change of what a figure means is a new version: raise `shape.VERSION`, and the next refresh counts all facts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from linggong.measures import computing
from linggong.measures.shape import Computed, Definition, Figure, Found, Reads

__all__ = ["BY_ID", "DEFINITIONS", "Computed", "Definition", "Figure", "Found", "Reads"]


def _wage(share: int, label: str) -> Figure:
    return Figure(f"p{share}", label, "percentile", "wage.hour", share=share, unit="分/小时", guarded=True)


def _made(key: str, label: str, compute: computing.Figured, unit: str = "%", *, guarded: bool = False) -> Figure:
    return Figure(key, label, "computed", compute=compute, unit=unit, guarded=guarded)


_CHANNELS: Final = {"web": "自己在手机上", "desk": "当面", "phone": "电话", "sms": "短信", "keypad": "按键"}


def _content(side: str, who: str) -> tuple[Figure, ...]:
    return (
        Figure(side, f"{who}满意", "rate", f"satisfied.{side}", f"rated.{side}"),
        *(
            _made(
                f"{side}_{channel}",
                f"{who}满意·{words}",
                computing.key_share(f"satisfied.{side}", f"rated.{side}", channel),
            )
            for channel, words in _CHANNELS.items()
        ),
    )


_NOT_YET: Final = "—"

DEFINITIONS: Final[tuple[Definition, ...]] = (
    Definition(
        "M01", "求人倍率", "平均一个找活的人有几个岗位等着。没说想干哪行的人，按各行需求的多少分到各行。",
        "有效需求人数 ÷ 有效求职人数，各为上期结转（以前登记、仍然有效）加本期新增",
        "没有发布过的、被管理部门下架的用工单不算；一个人在几处登记，只算第一处。", "发布日、登记日", grouped=False,
        figures=(
            _made("ratio", "求人倍率", computing.official_ratio, "倍"),
            _made("demand", "有效需求人数（本期新增、上期结转）", computing.demand, "人"),
            _made("seekers", "有效求职人数", computing.seeking, "人"),
        ),
        uses=Reads(
            trades=("demand.opened", "seek.opened"),
            before=("demand.opened", "demand.closed", "seek.opened", "seek.closed"),
        ),
    ),
    Definition(
        "M02", "日供需比", "这一天早上五点，还缺的人数和说了能来的人数之比。多天合看时，两边都按天相加。",
        "五点时仍缺人数 ÷ 当天表示能来的人数（报名、答应、到站签到、取号的，一人一天算一次）", grouped=False,
        figures=(_made("ratio", "日供需比", computing.daily_ratio, "倍"),),
        uses=Reads(keys=("wanted.five",), person_days=("avail.person",)),
    ),
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
        figures=(
            _wage(10, "一成位"), _wage(25, "四分之一位"), _wage(50, "中位数"), _wage(75, "四分之三位"), _wage(90, "九成位"),
            _made("day", "一天八小时的中位数", computing.day_pay, "分/天", guarded=True),
        ),
        uses=Reads(keys=("wage.hour",)),
    ),
    Definition(
        "M10", "困难人员上岗率", "重点帮扶人员里，找过活的有多少干成了活；平均一个人干了几个工。干一天不等于就业，两个数要一起看。",
        "至少完成一个工的帮扶人员 ÷ 表示过要找活的帮扶人员；完工数 ÷ 上岗人数",
        leaves_out="当天没有有效证明的、收回了同意的不算。少于十个人或三家用工方，不公布。",
        figures=(_made("rate", "上岗率", computing.placed), _made("days", "人均完工", computing.days_each, "个工")),
        uses=Reads(people=("done.person",), together=(computing.LOOKED,)), guard=("avail.person", "shift.employer"), group="hardship",
    ),
    Definition(
        "M11", "待工天数", "最近三十天找过活的人，到最后一天，离上一次完工过了几天。九十天里没干过的，从这九十天里第一次来找活算起。",
        "距上次完工的天数：中位数；超过 7 天、超过 30 天的比例", leaves_out="最后三十天没有表示要找活的人不算。",
        figures=(
            _made("p50", "中位数", computing.wait_at(50), "天"), _made("over7", "超过 7 天", computing.waiting_over(7)),
            _made("over30", "超过 30 天", computing.waiting_over(30)),
        ),
        uses=Reads(waits=True),
        guard=("avail.person", "shift.employer"),
    ),
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
        "M13", "欠薪率", "过了宽限还没付清的：涉及多少人，多少钱，到今天拖了多久。",
        "有逾期工资单的人 ÷ 有到期工资单的人；逾期金额 ÷ 到期金额", leaves_out="应付为零的、还没到期的工资单不算。", day="应付日",
        guard=("due.person", "due.employer"), ripe=True,
        figures=(
            Figure("persons", "按人", "persons", "late.person", "due.person"),
            Figure("money", "按金额", "rate", "late.fen", "due.fen"),
            *(_made(f"aged{days}", f"到期满 {days} 天仍未付清", computing.aged(days), "分") for days in (1, 3, 7, 15, 30)),
        ),
        uses=Reads(days=("late.fen",)),
    ),
    Definition(
        "M14", "纠纷率与时限", "每干完一千个工有几起纠纷，处理得及不及时，双方满不满意，追回多少钱。",
        "纠纷数 ÷ 完工千人次；按时受理、按时办结、双方都给四星以上、重新办理的比例；追回的工资",
        leaves_out="还没办结的，不算按时办结率；有一方没评价的，不算满意率。", day="立案日（完工按上工日）",
        figures=(
            Figure("per_thousand", "每千个工", "rate", "cases", "completed", unit="起", scale=1000),
            Figure("accepted", "按时受理", "rate", "cases.accepted", "cases"),
            Figure("in_time", "按时办结", "rate", "cases.in_time", "cases.closed"),
            Figure("content", "双方满意", "rate", "cases.content", "cases.asked"),
            Figure("reopened", "重新办理", "rate", "cases.reopened", "cases"),
            Figure("recovered", "追回的工资", "sum", "cases.fen", unit="分"),
        ),
    ),
    Definition(
        "M15", "参保率", "到岗的人里，上工那一刻有保险的有多少。", "到岗时保单有效的人次 ÷ 到岗人次",
        figures=(
            Figure("rate", "参保率", "rate", "covered", "arrived"),
            Figure("government", "政府出钱的", "rate", "covered.government", "arrived"),
            Figure("employer", "用工方出钱的", "rate", "covered.employer", "arrived"),
            _made("refused_age", "因年龄拒保", computing.key_count("refused", "age"), "人次"),
            _made("refused_class", "因工种类别拒保", computing.key_count("refused", "class"), "人次"),
        ),
        uses=Reads(keys=("refused",)),
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
    Definition(
        "M18", "虚假过期岗位率", "发布的岗位里，查实虚假或过期没撤的有多少；审核要多久。",
        "因虚假违法下架（申诉后撤销的不算）÷ 发布数；过期未撤 ÷ 发布数；提交到发布的分钟数", "没有发布过的用工单不算。", "发布日",
        grouped=False,
        figures=(
            Figure("false", "虚假", "rate", "untrue", "published"), Figure("stale", "过期未撤", "rate", "stale", "published"),
            Figure("p50", "审核用时中位数", "percentile", "check.minutes", share=50, unit="分钟"),
            Figure("p90", "审核用时九成位", "percentile", "check.minutes", share=90, unit="分钟"),
        ),
    ),
    Definition("M19", "驿站活跃度", "一个驿站开没开门、有没有人来、办没办成事，打 0 到 100 分。", "五项加权", _NOT_YET),
    Definition("M20", "僵尸驿站", "三十天没办成一个工、又没什么人来的站点。", "三十天完工为 0，且服务不足 5 人或开门证据不足三成", _NOT_YET),
    Definition("M21", "疑似造假", "看起来不像真的记录，提醒人去核实。", "月末夜间集中录入、一机多人、文字雷同等", _NOT_YET),
    Definition(
        "M22", "满意度", "干完活以后，双方互相打分，四星五星算满意。", "四星及以上的评价 ÷ 全部评价", day="评价日",
        leaves_out="没有评价的不算。", guard=("rated.person", "rated.firm"),
        figures=(*_content("worker", "零工"), *_content("employer", "用工方")),
        uses=Reads(keys=("satisfied.worker", "rated.worker", "satisfied.employer", "rated.employer")),
    ),
    Definition(
        "M23", "合同得分预测", "按到现在的数据，合同考核能得多少分。", "按考核表逐项计分，列出每一项扣了多少", _NOT_YET,
        waits="按考核表逐项算；本地的考核文件没有分值的，没有这个数。",
    ),
    Definition("M24", "覆盖率", "住在活跃驿站三公里以内的人占多少。", "三公里内人口 ÷ 总人口", _NOT_YET),
    Definition(
        "M25", "代办比例", "登记、报名、确认，有多少是站点人员代办的。代办多、回访核实的又少，要留意。",
        "代办的 ÷ 全部，登记、报名、确认分开算；回访核实的 ÷ 该回访的", day="登记日、报名日、确认日", leaves_out="用工方一边的确认不算。",
        guard=("said.person", "said.firm"),
        figures=(
            Figure("rate", "确认由人代办", "rate", "said.proxy", "said.all"),
            Figure("registered", "登记由人代办", "rate", "register.proxy", "seek.opened"),
            Figure("signed_up", "报名由人代办", "rate", "signup.proxy", "signup.all"),
            Figure("called", "回访后本人认可", "rate", "call.agreed", "call.owed"),
            Figure("denied", "回访后本人否认", "rate", "call.denied", "call.owed"),
        ),
    ),
)  # fmt: skip
"""All of them in order. The first text after the formula says what is left out; '—' where nothing is counted yet."""

BY_ID: Final[Mapping[str, Definition]] = {definition.id: definition for definition in DEFINITIONS}
