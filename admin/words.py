"""The console's Chinese: tables, columns, values, and every word of its frame. One catalogue, and nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from admin import case_words
from admin.event_words import EVENTS
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
        "persons": "零工登记",
        "workers": "求职意愿",
        "consents": "授权同意",
        "service_links": "服务关系",
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
        "injuries": "受伤报案",
        "injury_statements": "伤情陈述",
        "incidents": "治安和违规事件",
        "events": "办理记录",
        "audit_log": "审计记录",
    }
)

_COMMON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": "编号", "tenant": "所属站点", "via": "服务站点", "name": "名称", "status": "状态", "state": "状态",
        "kind": "种类", "created_at": "建立时间", "created_by": "建立人", "updated_at": "更新时间", "ended_at": "结束时间",
        "ends_at": "结束时间", "starts_at": "开始时间", "started_at": "开始时间", "finished_at": "收工时间",
        "person_id": "人员", "worker_id": "零工", "employer_id": "用工主体", "order_id": "用工单", "staff_id": "工作人员",
        "engagement_id": "录用", "assignment_id": "派工", "bill_id": "工资单", "node_id": "站点", "note": "说明",
        "reason": "原因", "source": "来源", "channel": "渠道", "end_reason": "结束原因", "method": "方式",
        "verified_level": "核验等级", "verified_method": "核验方式", "verified_by": "核验人", "verified_at": "核验时间",
        "registered_channel": "登记渠道", "division_code": "区划代码", "address": "地址", "latitude": "纬度",
        "longitude": "经度", "work_date": "用工日期", "title": "标题", "trade_code": "工种代码", "pay_fen": "工价（元）",
        "pay_unit": "计价单位", "hours": "时段", "uscc": "统一社会信用代码", "contact_name": "联系人",
        "legal_representative": "法定代表人", "quantity": "数量", "done_by": "经办人", "done_at": "办理时间",
        "decided_by": "处理人", "decided_at": "处理时间", "tags": "标签", "words": "内容", "terms_version": "约定版本",
        "operator_id": "运营方", "contract_id": "运营合同", "number": "编号", "meal_minutes": "吃饭休息（分钟）",
        "purpose": "用途", "role": "岗位", "body": "内容", "version": "版本",
    }
)  # fmt: skip
_OF_TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "staff": {"username": "用户名", "name": "姓名"},
        "role_assignments": {
            "tenant": "在哪里任职", "granted_by": "派岗人", "stands_in_for": "代谁的岗", "ended_by": "撤岗人",
        },
        "operator_contracts": {
            "tenant": "签约县区", "number": "合同号", "starts_on": "开始日期", "ends_on": "最后一天",
        },
        "nodes": {
            "path": "路径", "classification": "市场类别", "short_name": "简称", "opened_on": "开办日期",
            "closed_on": "关停日期", "point_is_demo": "坐标是示例", "phone": "电话", "opening_hours": "开放时间",
            "name_warnings": "名称提醒", "extra": "其他", "status": "建设状态",
        },
        "node_photos": {"file_key": "照片", "taken_at": "拍摄时间", "added_by": "上传人"},
        "holiday_days": {
            "day": "日期", "kind": "放假或上班", "source": "依据", "set_at": "设定时间", "set_by": "设定人",
            "tenant": "在哪里生效",
        },
        "parameter_values": {
            "key": "参数", "value": "值", "source": "依据", "set_at": "设定时间", "set_by": "设定人", "tenant": "在哪里生效",
        },
        "persons": {
            "name": "姓名", "birth_date": "出生日期", "sex": "性别", "merged_into": "并入", "home_division_code": "户籍地",
        },
        "workers": {
            "skill_level": "技能等级", "trades": "工种", "radius_km": "愿去多远（公里）", "weekdays": "哪几天",
            "transport": "怎么来", "phone_kind": "手机", "needs_voice": "要语音提示", "certificates": "证书",
            "training_wish": "想学什么", "pay_fen": "期望工价（元）",
        },
        "consents": {
            "text_version": "条款版本", "evidence": "凭证", "taken_by": "经办人", "given_at": "同意时间",
            "withdrawn_at": "撤回时间",
        },
        "service_links": {"subject_id": "服务对象"},
        "phone_recoveries": {"old_contact_id": "原号码", "new_contact_id": "新号码"},
        "employers": {
            "industry": "行业", "is_agency": "是人力资源机构", "reverify_on": "复核日期", "is_trusted": "免审",
            "officer_id": "专员",
        },
        "agencies": {
            "business_licence": "营业执照号", "hr_licence": "许可证号", "hr_licence_scope": "许可范围",
            "hr_licence_expires_on": "许可到期", "responsible_contact": "负责人", "filing_number": "备案号",
        },
        "import_batches": {
            "file_name": "文件名", "rows": "行数", "created": "新登记", "linked": "已有登记", "proposed": "疑似重复",
        },
        "merge_proposals": {"batch_id": "导入批次", "candidate_id": "可能是同一人"},
        "orders": {
            "trace_code": "追溯码", "headcount": "人数", "min_crew": "最少人数", "confirmed": "已确认", "place": "地点",
            "days": "天数", "minutes_per_gong": "每工分钟", "pieces_per_day": "每天件数", "piece_name": "件的单位",
            "hourly_fen": "折合时薪（元）", "settlement": "结算方式", "choice_of_settlement": "可选日结",
            "pay_channel": "发放方式", "job_form": "用工形式", "legal_form": "法律关系", "conditions": "作业条件",
            "benefits": "福利", "meals": "吃饭", "ride": "接送", "tools": "工具", "min_skill": "技能要求",
            "min_age": "最小年龄", "max_age": "最大年龄", "gender_limit_code": "性别限制依据", "crew_allowed": "可整队报名",
            "insurance_payer": "谁买保险", "rain_rule": "下雨怎么办", "cancel_rule": "取消怎么办", "description": "说明",
            "source_channel": "来源渠道", "repeat_of": "重复自", "findings": "审核提示", "employer_name": "用工主体名称",
            "employer_level": "主体核验等级", "created_by_kind": "建立人身份", "submitted_at": "提交时间",
            "submitted_by": "代交人", "reviewed_by": "审核人", "reviewed_at": "审核时间", "review_note": "审核意见",
            "published_at": "发布时间", "refreshed_at": "刷新时间", "hiring": "还在招", "closed_at": "结清时间",
            "rescheduled_from": "改期自", "crew_choice": "缺员怎么办",
        },
        "suspensions": {
            "suspended_at": "冻结时间", "suspended_by": "冻结人", "decide_due_at": "决定期限", "findings": "核查结果",
            "proposed_at": "提出下架时间", "proposed_by": "提出人", "outcome": "结果", "objection_due_at": "异议期限",
            "objection": "异议", "objected_at": "异议时间", "answer": "答复", "answer_note": "答复说明",
            "answered_at": "答复时间", "answered_by": "答复人",
        },
        "terms_versions": {"is_general": "对整单"},
        "terms_changes": {
            "batch_id": "同一次提出", "side": "谁提的", "proposed_by": "怎么提的", "proposed_at": "提出时间",
            "answer_due_at": "答复期限", "changes": "改什么", "is_general": "对整单", "answered_by": "谁答复",
            "answered_at": "答复时间", "answer_note": "答复说明",
        },
        "replacements": {
            "leader_id": "班组长", "code": "替工码", "proposed_by": "谁提的", "proposed_at": "提出时间",
            "consented_at": "本人同意时间", "new_engagement_id": "替工的录用", "accepted_at": "雇主同意时间",
            "accepted_by": "谁同意的", "outcome": "结果",
        },
        "call_backs": {
            "subject_id": "哪一步", "step": "步骤号", "staff_id": "代办双方的人", "due_at": "期限", "reached": "打给谁",
            "outcome": "对方说",
        },
        "crews": {"leader_id": "班组长", "leader_name": "班组长称呼", "code": "入组码", "fee_fen": "带班费（元）"},
        "crew_members": {
            "crew_id": "班组", "leader_id": "班组长", "member_name": "成员称呼", "crew_name": "班组名称",
            "joined_at": "加入时间", "agreed_by": "谁同意的", "left_at": "退出时间",
        },
        "engagements": {
            "entered_by": "代办人", "worker_name": "零工称呼", "worker_confirmed_at": "零工确认时间",
            "worker_confirmed_by": "零工确认方式", "employer_confirmed_at": "用工方确认时间",
            "employer_confirmed_by": "用工方确认方式", "offered_at": "提出时间", "offered_by": "谁先提出",
            "confirmed_at": "双方确认时间", "contracted_at": "签约时间", "single_witness": "一人见证",
            "queue_no": "候补第几", "crew_id": "班组", "leader_id": "班组长", "replacement_id": "替谁来", "may_leave": "可不计退出的原因",
        },
        "assignments": {
            "shift_id": "工日", "arrived_at": "到岗时间", "arrived_method": "到岗方式", "started_at": "开工时间",
            "minutes": "工时（分钟）", "accept_due_at": "认定期限", "accepted_at": "认定时间", "accepted_by": "谁认定",
            "quantity": "件数或工数", "leader_id": "班组长", "proposed_minutes": "雇主认的工时（分钟）", "proposed_quantity": "雇主认的数量",
            "proposed_reason": "为什么少", "proposed_at": "提出时间", "overtime_until": "约好加班到",
            "overtime_minutes": "加班（分钟）",
        },
        "pauses": {
            "cause": "停工原因", "fault": "雇主原因", "alert_id": "天气预警", "began_at": "停工时间", "ended_at": "停工结束",
            "outcome": "结果", "said_by": "谁说的", "side": "哪一方", "note": "补充",
        },
        "site_reports": {
            "kind": "记什么", "statement": "陈述", "details": "细节", "photo_sealed": "照片（加密）", "photo_sha256": "照片指纹",
            "said_by": "谁说的", "leader_id": "班组长", "late": "迟录", "happened_at": "发生时间", "recorded_at": "记录时间",
        },
        "no_shows": {
            "reported_by": "登记人", "reported_side": "哪一方登记", "call_note": "电话记录", "statement": "陈述",
            "reported_at": "登记时间", "contest_until": "申诉截止", "contested_at": "申诉时间", "contested_by": "谁申诉",
            "contest_reason": "申诉理由", "contest_words": "申诉内容", "decide_by": "决定期限", "outcome": "结果",
            "decision_note": "决定理由",
        },
        "weather_alerts": {
            "kind": "天气", "level": "等级", "temperature_c": "最高气温（℃）", "begins_at": "开始时间", "entered_by": "登记人",
            "number": "预警编号", "withdrawn_at": "解除时间", "withdrawn_why": "为什么解除",
        },
        "weather_decisions": {
            "alert_id": "天气预警", "shift_id": "工日", "verdict": "要求", "decide_at": "决定时刻", "outcome": "结果",
        },
        "contract_files": {
            "part": "第几份补充（0 是合同）", "code": "合同编号", "legal_form": "法律关系", "warnings": "特别提示",
            "terms_hash": "约定指纹", "changes": "改了什么", "sha256": "文件指纹", "prev_sha256": "前一份的指纹",
            "blob_id": "文件", "pages": "页数", "signed_at": "双方签完时间", "sealed_at": "盖章时间",
        },
        "contract_consents": {
            "file_id": "合同文件", "side": "哪一方", "terms_hash": "约定指纹", "legal_form": "法律关系",
            "text_version": "文本版本", "shown": "所见文本", "text_hash": "所见文本指纹", "given_by": "谁办的",
            "station": "在哪里办的", "device": "设备", "witness": "见证人", "slip_id": "纸条照片",
            "slip_due_at": "纸条照片期限", "given_at": "同意时间",
        },
        "ratings": {"side": "谁评的", "stars": "星级", "open_at": "公开时间", "reply": "回复", "replied_at": "回复时间"},
        "bills": {
            "total_fen": "应付（元）", "paid_fen": "已付（元）", "due_at": "付款期限", "settled_at": "结清时间",
            "settled_by": "结清方式", "cause": "因何产生", "wage_state": "欠薪状态", "wage_since": "进入欠薪状态时间",
            "held_fen": "争议暂缓（元）", "referral_no": "转办编号",
        },
        "bill_holds": {"case_id": "案件", "amount_fen": "金额（元）", "held_at": "暂缓时间", "until": "最晚到"},
        "journal_entries": {"cause": "事由", "payment_id": "付款", "case_id": "案件", "at": "时间"},
        "postings": {"entry_id": "分录", "account": "科目", "amount_fen": "金额（元）"},
        "bill_lines": {"rate_fen": "单价（元）", "amount_fen": "金额（元）", "case_id": "案件"},
        "payments": {
            "amount_fen": "金额（元）", "voucher": "凭证号", "claimed_by": "谁说已付", "claimed_at": "登记时间",
            "answered_at": "确认时间", "answered_by": "谁确认", "answered_channel": "确认渠道",
            "payee": "付到哪里", "proof": "凭证种类", "witness": "见证人", "tries": "问过几次", "answered_proof": "确认凭据",
            "single_witness": "一人见证",
        },
        "reveals": {
            "subject": "看谁的", "viewer_id": "谁看的", "viewer_kind": "看的人身份", "at": "看的时间",
            "expires_at": "到什么时候", "fields": "看了哪些", "viewer_role": "看的人岗位",
            "viewer_office": "看的人所在", "post_id": "岗位编号",
        },
        "cover_products": {
            "code": "产品代码", "insurer": "承保公司", "payer": "谁出钱", "premium_day_fen": "每人每天保费（元）",
            "death_fen": "身故伤残保额（元）", "medical_fen": "医疗保额（元）", "allowance_day_fen": "住院津贴每天（元）",
            "min_age": "最小年龄", "max_age": "最大年龄", "classes": "职业类别", "max_hours": "最长工时（小时）",
            "before_minutes": "上班前（分钟）", "after_minutes": "下班后（分钟）", "active": "在售", "made_up": "演示产品",
            "changed_at": "修改时间",
        },
        "cover_choices": {
            "topup_id": "加保产品", "injury_sealed": "工伤保险登记号", "injury_said_by": "谁填的", "changed_at": "修改时间",
        },
        "cover_policies": {
            "product_id": "产品", "payer": "谁出钱", "days": "天数", "premium_fen": "保费（元）", "occupation_class": "职业类别",
            "policy_no": "保单号", "effective_at": "生效时间", "refused_code": "拒保代码", "refused_words": "拒保原因",
            "disputed": "保险公司前后说法不一", "requested_at": "申请时间", "answered_at": "回复时间",
        },
        "cover_waivers": {
            "text": "告知内容", "text_hash": "内容摘要", "employer_at": "雇主声明时间", "employer_by": "雇主方经办",
            "worker_at": "零工知情时间", "worker_by": "零工方经办", "single_witness": "一人代办双方",
        },
        "outside_calls": {
            "system": "系统", "kind": "事项", "subject_id": "对象", "chain": "链", "payload": "请求内容", "attempts": "失败次数",
            "waits": "等待次数", "resent": "重发次数", "next_at": "下次时间", "last_error": "最近的错误", "answer": "回复",
            "contradiction": "矛盾的回复", "sent_at": "发出时间", "answered_at": "回复时间",
        },
        "events": {
            "chain": "链", "n": "序号", "type": "事项", "subject_id": "对象", "actor_kind": "经办人身份",
            "actor_id": "经办人", "on_behalf_of": "代谁办理", "request_id": "请求号", "occurred_at": "发生时间",
            "recorded_at": "记录时间",
        },
        "audit_log": {
            "chain": "链", "n": "序号", "table_name": "资料", "row_id": "行", "op": "操作", "before": "改前",
            "after": "改后", "actor_kind": "经办人身份", "actor_id": "经办人", "on_behalf_of": "代谁办理",
            "post_id": "岗位编号", "post_node": "岗位所在", "request_id": "请求号", "occurred_at": "发生时间",
            "recorded_at": "记录时间",
        },
        **case_words.COLUMNS,
    }
)  # fmt: skip

_PEOPLE: Final = {"anonymous": "访客", "worker": "零工", "employer": "用工主体", "staff": "工作人员", "system": "系统"}
_SIDES: Final = {"self": "本人", "worker": "零工", "employer": "用工方", "staff": "工作人员", "system": "系统"}
_UNSEEN: Final = {
    "contacts": "联系方式",
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
        "engagements.source": {"applied": "自己报名", "invited": "受邀"},
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
            "disputed": "不认可", "count": "改工时数量",
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
        "events.type": {**EVENTS, **case_words.EVENTS},
        **case_words.VALUES,
        "audit_log.op": {"insert": "新增", "update": "修改", "delete": "删除", "truncate": "清空"},
    }
)  # fmt: skip
"""Values by table.column, or by the column wherever it stands."""

CHROME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Add": "新增",
        "Add Row": "新增",
        "Apply": "筛选",
        "Back to home page": "回后台首页",
        "Clear filters": "清除条件",
        "Edit": "查看",
        "Filter": "筛选",
        "Form submitted": "办好了",
        "Forms": "办理",
        "Hide Filters": "收起筛选",
        "Hide referencing tables": "收起相关资料",
        "Home": "后台首页",
        "Loading": "正在读取",
        "Log Out": "退出登录",
        "No results found": "没有符合条件的资料",
        "of": "/ 共",
        "result(s)": "条",
        "Save": "保存修改",
        "Select a table in the sidebar to get started.": "左边“资料”用来查和改，“办理”用来做一件事。",
        "Show Filters": "筛选",
        "Show referencing tables": "看相关资料",
        "Showing": "本页",
        "Sort": "排序",
        "Sort by": "按什么排",
        "Submit": "确认办理",
        "Tables": "资料",
        "Use again": "再办一件",
        "with a matching": "，按",
        "Links": "其他",
        "Welcome to": "",
    }
)
"""What replaces Piccolo's own translation, where a clerk would not understand it."""


def table_label(table: str) -> str:
    """Return a table's name; an unknown one reads as itself, so that it is noticed."""
    return TABLES.get(table, table)


def column_label(table: str, column: str) -> str:
    """Return a column's name."""
    return _OF_TABLE.get(table, {}).get(column) or _COMMON.get(column, column)


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
