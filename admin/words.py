"""The console's Chinese: tables and values; columns stand in `column_words`, its frame in `frame_words`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from admin import case_words, column_words, operator_words
from admin.event_words import EVENTS
from linggong.inbox import machines as memo_words
from linggong.inbox import offices as memo_offices
from linggong.ledgers.codes import LEDGERS
from linggong.market.codes import LEGAL_FORM_LABELS
from linggong.wages.machines import OVERDUE
from linggong.web.labels import STATES
from rbac.roles import ROLE_LABELS
from tenants.kinds import BuildStatus, Classification, NodeKind
from tenants.parameters import definitions

TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "staff": "工作人员",
        "role_assignments": "岗位",
        "operators": "运营方",
        "operator_contracts": "运营合同",
        "operator_contract_nodes": "合同包含的站点",
        "nodes": "机构和站点",
        "node_photos": "站点照片",
        "parameter_values": "已设的参数",
        "holiday_days": "节假日和调休",
        "node_populations": "人口",
        "site_closures": "报备停开",
        "site_hits": "僵尸驿站记录",
        "ledger_entries": "手写台账",
        "day_records": "每日工作记实",
        "month_reports": "月报",
        "sheet_layouts": "表格版式",
        "trade_gaps": "缺工提醒",
        "persons": "零工登记",
        "workers": "求职意愿",
        "consents": "授权同意",
        "service_links": "服务关系",
        "tickets": "签到排队",
        "screens": "大屏和自助机",
        "dispatch_proposals": "配岗方案",
        "dispatch_lines": "配岗方案的人",
        "priority_marks": "困难情况证明",
        "memos": "通知和督办",
        "memo_words": "督办的回复",
        "letters": "公文",
        "letter_receipts": "公文签收",
        "phone_recoveries": "换号记录",
        "reveals": "看号码的记录",
        "employers": "用工主体",
        "agencies": "人力资源机构",
        "import_batches": "导入批次",
        "merge_proposals": "疑似重复登记",
        "orders": "用工单",
        "shifts": "工日",
        "terms_versions": "约定条款",
        "engagements": "报名和录用",
        "suspensions": "冻结和下架",
        "crews": "班组",
        "crew_members": "班组成员",
        "terms_changes": "改约定",
        "replacements": "替工",
        "call_backs": "回访",
        "assignments": "派工和考勤",
        "pauses": "停工记录",
        "site_reports": "现场记录",
        "no_shows": "没到岗和申诉",
        "weather_alerts": "天气预警",
        "weather_decisions": "天气停工决定",
        "contract_files": "合同文件",
        "contract_consents": "签约同意",
        "ratings": "评价",
        "bills": "工资单",
        "bill_lines": "工资明细",
        "payments": "付款记录",
        "wechat_transfers": "微信转账",
        "bill_holds": "争议暂缓",
        "journal_entries": "工资分录",
        "postings": "分录明细",
        "cover_products": "保险产品",
        "cover_choices": "用工单的参保选择",
        "cover_policies": "保单",
        "cover_waivers": "放弃参保声明",
        "outside_calls": "外部系统收发",
        "cases": "投诉和纠纷",
        "case_notes": "办理经过",
        "case_offers": "和解方案",
        "case_materials": "要交的材料",
        "case_referrals": "转交记录",
        "mediators": "调解员名册",
        "outside_desks": "外单位代表",
        "map_outlines": "边界图",
        "public_texts": "规矩和承诺",
        "directory_editions": "名录（按季公布）",
        "injuries": "受伤报案",
        "injury_statements": "伤情陈述",
        "incidents": "治安和违规事件",
        "events": "办理记录",
        "audit_log": "审计记录",
    }
)

_PEOPLE: Final = {"anonymous": "访客", "worker": "零工", "employer": "用工主体", "staff": "工作人员", "system": "系统"}
_SIDES: Final = {
    "self": "本人",
    "leader": "班组长",
    "vouched": "班组长和本人",
    "denied": "班组长说到，本人说没到",
    "worker": "零工",
    "employer": "用工方",
    "staff": "工作人员",
    "system": "系统",
}
_UNSEEN: Final = {
    "checklists": "检查表",
    "inspection_draws": "抽签",
    "inspection_tasks": "检查任务",
    "inspection_results": "检查结果",
    "inspection_findings": "整改",
    "finding_steps": "整改经过",
    "station_cards": "红黄牌",
    "card_proposals": "系统建议",
    "station_stars": "站点星级",
    "award_lists": "十佳名单",
    "station_removals": "除名记录",
    "letter_templates": "公文样式",
    "contacts": "联系方式",
    "service_items": "服务事项",
    "service_entries": "受理件",
    "service_notes": "受理件的办理记录",
    "help_cases": "帮扶",
    "help_notes": "帮扶记录",
    "courses": "培训班",
    "course_enrolments": "培训报名",
    "service_things": "工具和场地",
    "thing_uses": "借还和预订",
    "station_ratings": "驿站评价",
    "injury_papers": "伤情材料",
    "employer_members": "用工主体经办人",
    "staff_credentials": "登录凭据",
    "staff_invitations": "邀请码",
    "web_sessions": "登录",
    "printed_codes": "一次性码",
    "desk_devices": "共用电脑",
    "casbin_rule": "权限规则",
    "role_delegations": "派岗规则",
    "duty_separations": "职责分离",
    **operator_words.TABLES,
}
"""Tables that are audited and not in the console."""
_DOORS: Final = {
    "cli": "命令行",
    "demo": "演示",
    "self": "本人",
    "phone": "电话",
    "phone_intake": "电话",
    "agency": "机构",
    "web": "网页",
    "api": "接口",
    "console": "后台",
    "desk": "窗口",
    "system": "系统",
    "import": "导入",
    "kiosk": "自助机",
    "wall": "大屏",
    "offline": "断网补录",
}
_METHODS: Final = {"tap": "本人点按", "slip": "签字纸条", "spoken": "口头并有见证"}
VALUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "state": {k: v for k, (v, _) in STATES.items()},
        "role": {r.value: words for r, words in ROLE_LABELS.items()},
        "nodes.kind": {k.value: k.label for k in NodeKind},
        "nodes.classification": {k.value: k.label for k in Classification},
        "nodes.status": {k.value: k.label for k in BuildStatus},
        "status": {
            "active": "正常", "ended": "已停用", "merged": "已合并", "closed": "已注销", "restricted": "受限",
            "open": "待处理", "refused": "不是同一人", "signed": "已签订", "terminated": "已解除",
        },
        "persons.verified_method": {
            "id_number": "核对号码", "id_card_seen": "看过证件", "id_card_reader": "读卡器",
        },
        "letters.recipient": {"node": "站点", "operator": "运营方", "employer": "用工主体"},
        "site_closures.kind": {"farm_season": "农忙", "renovation": "装修", "other": "其他"},
        "ledger_entries.ledger": {one.code: one.name for one in LEDGERS.values()},
        "sheet_layouts.form": {"month_report": "月报"} | {one.code: one.name for one in LEDGERS.values()},
        "month_reports.state": {"draft": "待签", "signed": "待审", "returned": "退回重报", "approved": "已审定"},
        "site_hits.verdict": {"zombie": "僵尸驿站", "empty": "挂空牌"},
        "site_hits.proposes": {"notice": "提醒", "yellow": "建议黄牌", "delist": "建议除名"},
        "holiday_days.kind": {"holiday": "放假", "workday": "上班"},
        "consents.method": _METHODS,
        "contract_consents.method": {"code": "短信验证码", "clerk": "工作人员代办", "terms": "同意改约定"},
        "contract_consents.side": {"worker": "零工", "employer": "用工方"},
        "contract_files.legal_form": {k.value: v for k, v in LEGAL_FORM_LABELS.items()},
        "contract_consents.legal_form": {k.value: v for k, v in LEGAL_FORM_LABELS.items()},
        "phone_recoveries.method": {"desk": "窗口办理", "old_and_new": "新旧号码都验证"},
        "workers.phone_kind": {"smart": "智能手机", "feature": "老年机", "none": "没有手机"},
        "workers.transport": {
            "walk": "走路", "ebike": "电动车", "tricycle": "三轮车", "car": "汽车", "none": "没有",
        },
        "pay_unit": {"hour": "小时", "day": "天", "piece": "件", "month": "月", "gong": "工"},
        "service_links.kind": {
            "registered": "在这里登记", "signed_in": "在这里签到", "order": "接了这里的活", "showed_code": "出示过码",
        },
        "outside_desks.kind": {"department": "部门", "insurer": "保险公司"},
        "screens.kind": {"wall": "大屏", "kiosk": "自助机"},
        "memos.kind": memo_words.KINDS,
        "memos.office": memo_offices.WORDS,
        "memos.from_office": memo_offices.WORDS,
        "memos.state": memo_words.MEMO.labels,
        "memo_words.kind": {"answer": "回复", "return": "退回补充", "withdraw": "撤回"},
        "tickets.state": {"waiting": "等着", "called": "已叫号", "placed": "派了活", "left": "走了"},
        "employers.kind": {
            "enterprise": "企业", "individual_business": "个体工商户", "cooperative": "合作社", "organisation": "单位",
            "individual": "个人",
        },
        "import_batches.kind": {"people": "零工花名册", "posts": "用工单"},
        "settlement": {"daily": "日结", "per_job": "按次结", "weekly": "周结", "on_completion": "完工结"},
        "pay_channel": {"cash": "现金", "bank": "银行", "wechat": "微信", "card": "工资卡"},
        "payments.channel": {"cash": "现金", "bank": "银行", "wechat": "微信", "card": "工资卡"},
        "payments.state": {"claimed": "说已付", "confirmed": "已确认", "denied": "说没收到"},
        "bills.state": {"OPEN": "待付款", "CLAIMED": "雇主说已付", "SETTLED": "已结清", "RULED": "按裁决结案"},
        "bills.settled_by": {"confirmed": "零工确认", "evidence": "凭证", "nothing_owed": "无应付", "ruled": "裁决"},
        "bills.cause": {
            "work": "干活", "cancel_after_lock": "锁定后取消", "employer_no_show": "雇主失约", "differs": "活不对",
            "rain_on_site": "到场遇雨",
        },
        "bills.wage_state": dict(OVERDUE.labels),
        "wechat_transfers.state": {
            "sending": "正在发", "waiting": "微信在办", "unknown": "问不到结果", "done": "付成了，已登记", "unrecorded": "付成了，没登记",
            "failed": "没付成",
        },
        "payments.payee": {"own_account": "本人账户", "in_person": "当面给本人"},
        "payments.proof": {
            "none": "没有", "voucher": "单号", "photo": "截图", "slip": "签字单", "bank_line": "银行流水",
        },
        "contract_files.state": {"open": "待签", "signed": "双方已签", "sealed": "已盖章"},
        "cover_products.kind": {"basic": "基本险", "topup": "加保"},
        "cover_products.payer": {"government": "政府出钱", "employer": "雇主出钱"},
        "cover_policies.kind": {"basic": "基本险", "topup": "加保"},
        "cover_policies.payer": {"government": "政府出钱", "employer": "雇主出钱"},
        "cover_policies.state": {
            "none": "未参保", "pending": "正在参保", "active": "已参保", "refused": "保险机构不保", "ended": "已结束",
        },
        "outside_calls.state": {
            "queued": "排队待发", "sent": "已发，等回复", "failed": "没发成，稍后再发", "answered": "已回复", "dead": "多次没发成",
            "dropped": "已撤回",
        },
        "bill_holds.state": {"live": "暂缓中", "released": "已解除", "settled": "已了结", "lapsed": "到期恢复"},
        "journal_entries.cause": {
            "billed": "出工资单", "line_added": "加减行", "confirmed": "收到", "denied": "没收到", "held": "暂缓",
            "released": "解除暂缓", "settled": "案件了结", "ruled": "裁决",
        },
        "postings.account": {
            "employer_owes": "雇主应付", "worker_owed": "零工应得", "held": "争议暂缓", "paid": "已付",
        },
        "bill_lines.kind": {
            "base": "工钱", "overtime": "加班", "meal": "饭补", "travel": "路费", "allowance": "津贴",
            "compensation": "补偿", "waiting": "待命", "agreed_deduction": "约定扣除",
        },
        "job_form": {"part_time": "兼职", "temporary": "临时", "phased": "阶段性"},
        "legal_form": {
            "labour_contract": "劳动合同", "non_full_time": "非全日制", "service": "劳务", "contracted_work": "承揽",
            "written_agreement": "书面协议", "over_age": "超龄用工",
        },
        "engagements.source": {"applied": "自己报名", "invited": "受邀", "fill_in": "补人叫来"},
        "orders.crew_choice": {"fewer": "人少也干", "split": "分批开工", "ask_around": "请别站帮忙"},
        "terms_changes.side": {"worker": "零工", "employer": "用工方"},
        "terms_changes.kind": {
            "price": "工钱", "time": "时间", "place": "地点", "headcount": "人数", "overtime": "加班", "extra": "加活", "reduced": "少干",
        },
        "terms_changes.state": {
            "T_PROPOSED": "待答复", "T_AGREED": "已同意", "T_REFUSED": "不同意", "T_LAPSED": "已失效",
        },
        "replacements.outcome": {"done": "换好了", "refused": "雇主不同意", "taken_back": "收回了"},
        "call_backs.reached": {"worker": "零工", "employer": "用工方"},
        "call_backs.outcome": {"agreed": "认可", "denied": "不认可"},
        "proposed_by": _SIDES,
        "suspensions.outcome": {"restored": "恢复", "taken_down": "下架"},
        "suspensions.answer": {"upheld": "异议成立", "rejected": "维持下架"},
        "agreed_by": _SIDES,
        "arrived_by": _SIDES,
        "finished_by": _SIDES,
        "assignments.arrived_method": {
            "qr": "扫码", "code": "到岗码", "id_card": "刷身份证", "geo_photo": "定位拍照", "roll_call": "点名", "crew": "班组长点到",
            "clerk": "工作人员登记",
        },
        "pauses.cause": {
            "rain": "下雨", "heat": "高温", "material": "缺材料", "power": "停电", "safety": "不安全", "other": "其他",
        },
        "pauses.outcome": {"open": "还停着", "resumed": "复工了", "ended": "没复工", "left": "零工走了"},
        "pauses.side": {"worker": "零工", "employer": "用工方"},
        "site_reports.kind": {
            "arrival": "到岗", "employer_no_show": "雇主失约", "differs": "活不符", "early_end": "提前结束", "void": "作废",
            "disputed": "不认可", "count": "改工时数量", "evidence": "不认可的证据",
        },
        "said_by": _SIDES,
        "no_shows.reported_side": {"employer": "用工方", "staff": "工作人员"},
        "no_shows.contest_reason": {
            "none": "没有申诉", "illness": "生病", "address": "地址不对", "employer_absent": "雇主不在", "was_there": "我到了",
            "other": "其他",
        },
        "no_shows.outcome": {"open": "还没定", "upheld": "不成立", "withdrawn": "无责", "arrived": "补记到岗"},
        "weather_alerts.kind": {"rain": "雨", "snow": "雪", "heat": "高温", "wind": "大风"},
        "weather_alerts.level": {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"},
        "weather_decisions.verdict": {"warn": "提醒", "limit": "限时", "stop": "停工"},
        "weather_decisions.outcome": {
            "open": "等雇主改", "told": "已告知", "moved": "改了时间", "cancelled": "按天气取消", "lifted": "解除了",
        },
        "ratings.side": {"worker": "零工", "employer": "用工方"},
        "actor_kind": {**_PEOPLE, "owner": "维护人员"},
        "created_by_kind": _PEOPLE,
        "channel": _DOORS,
        "registered_channel": _DOORS,
        "source_channel": _DOORS,
        "answered_channel": _DOORS,
        "claimed_by": _SIDES,
        "answered_by": _SIDES,
        "accepted_by": _SIDES,
        "offered_by": _SIDES,
        "worker_confirmed_by": _SIDES,
        "employer_confirmed_by": _SIDES,
        "insurance_payer": {"none": "不买", "employer": "用工方", "worker": "零工", "platform": "平台"},
        "viewer_role": {r.value: words for r, words in ROLE_LABELS.items()},
        "reveals.purpose": {
            "reach": "联系本人", "identify": "核对身份", "pay": "发工资", "dispute": "处理纠纷", "injury": "受伤处理",
            "lawful": "依法查询", "other": "其他",
        },
        "reveals.subject": {"person": "零工", "employer": "用工主体"},
        "viewer_kind": _PEOPLE,
        "events.type": {**EVENTS, **case_words.EVENTS, **operator_words.EVENTS},
        **case_words.VALUES,
        **operator_words.VALUES,
        "audit_log.op": {"insert": "新增", "update": "修改", "delete": "删除", "truncate": "清空"},
    }
)  # fmt: skip
"""Values by table.column, or by the column wherever it stands."""


def table_label(table: str) -> str:
    """Return a table's name; an unknown one reads as itself, so that it is noticed."""
    return TABLES.get(table, table)


def column_label(table: str, column: str) -> str:
    """Return a column's name."""
    return column_words.OF_TABLE.get(table, {}).get(column) or column_words.COMMON.get(column, column)


def value_label(table: str, column: str, value: str) -> str:
    """Return what a value of an enumerated column is called."""
    for key in (f"{table}.{column}", column):
        if value in VALUES.get(key, {}):
            return VALUES[key][value]
    return value


def shown_as(table: str, column: str) -> Mapping[str, str]:
    """Return the words for the values of a column that no CHECK lists, if there are any."""
    if (table, column) == ("parameter_values", "key"):
        return {key: d.title for key, d in definitions().items()}
    if (table, column) == ("audit_log", "table_name"):
        return {**TABLES, **_UNSEEN}
    return VALUES.get(f"{table}.{column}") or VALUES.get(column) or {}
