"""How columns are called in the console: what one name means everywhere, and what it means in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from admin import case_words, operator_words

COMMON: Final[Mapping[str, str]] = MappingProxyType(
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
OF_TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "staff": {"username": "用户名", "name": "姓名"},
        "role_assignments": {
            "tenant": "在哪里任职", "granted_by": "派岗人", "stands_in_for": "代谁的岗", "ended_by": "撤岗人",
        },
        "operator_contracts": {
            "tenant": "签约县区", "number": "合同号", "starts_on": "开始日期", "ends_on": "最后一天",
        },
        "outside_desks": {"stands_for": "代表哪家", "set_by": "谁定的", "set_at": "什么时候定的"},
        "map_outlines": {
            "approval": "审图号", "shapes": "边界", "digest": "文件摘要", "added_by": "上传人", "added_at": "上传时间",
        },
        "nodes": {
            "path": "路径", "classification": "市场类别", "short_name": "简称", "opened_on": "开办日期",
            "closed_on": "关停日期", "point_is_demo": "坐标是示例", "phone": "电话", "opening_hours": "开放时间",
            "name_warnings": "名称提醒", "extra": "其他", "status": "建设状态",
        },
        "node_photos": {"file_key": "照片", "taken_at": "拍摄时间", "added_by": "上传人"},
        "tickets": {
            "number": "号", "tenant": "驿站", "day": "哪天", "code": "凭证码", "who_index": "号码索引", "trades": "今天想干",
            "came_at": "来的时间", "recorded_at": "录入时间", "late": "补录", "called_at": "叫号时间", "calls": "叫过几次",
            "screen_id": "自助机", "channel": "怎么签的",
        },
        "screens": {"tenant": "在哪里", "made_by": "登记人", "made_at": "登记时间", "ended_by": "停用人", "token_hash": "地址指纹"},
        "memos": {
            "batch_id": "哪一次发的", "tenant": "发给哪里", "office": "发给谁", "from_node": "哪里发的", "from_office": "谁发的", "sender": "发件人",
            "sent_by": "经办人", "sent_at": "发出时间", "due_at": "截止", "signed_at": "签收时间", "signed_by": "签收人",
            "answered_at": "回复时间", "reminded_at": "提醒时间", "overdue_at": "逾期时间",
        },
        "memo_words": {"memo_id": "哪一件", "name": "谁说的", "said_at": "时间"},
        "letters": {
            "tenant": "谁发的", "via": "发到哪里", "recipient": "发给哪类", "recipient_name": "发给谁", "kind": "种类代码", "label": "名称",
            "mark": "代字", "year": "年份", "no": "序号", "number": "文号", "issuer": "落款", "body": "正文", "due_on": "期限",
            "withdraws_id": "撤回哪件", "about": "因为什么", "about_id": "因为哪条", "issued_at": "发出时间", "issued_by": "经办人",
            "issued_name": "经办人姓名",
        },
        "letter_receipts": {"letter_id": "哪件公文", "tenant": "谁发的", "via": "发到哪里", "name": "签收人", "signed_by": "签收账号", "signed_at": "签收时间"},
        "letter_templates": {
            "kind": "种类代码", "label": "名称", "mark": "代字", "fields": "填空项", "dated": "有没有期限", "set_at": "修改时间", "set_by": "修改人",
        },
        "memo_reads": {"memo_id": "哪一件", "name": "姓名", "read_at": "看的时间"},
        "holiday_days": {
            "day": "日期", "kind": "放假或上班", "source": "依据", "set_at": "设定时间", "set_by": "设定人",
            "tenant": "在哪里生效",
        },
        "node_populations": {
            "tenant": "哪里", "as_of": "截至哪天", "residents": "常住人口", "working_age": "劳动年龄人口", "source": "来源",
            "is_sample": "示例数字", "set_at": "录入时间", "set_by": "录入人",
        },
        "site_closures": {
            "tenant": "哪个站点", "first": "从哪天", "last": "到哪天", "kind": "原因", "declared_at": "报备时间", "declared_by": "报备人",
            "ended_on": "哪天又开门",
        },
        "ledger_entries": {
            "ledger": "哪本台账", "code": "溯源码", "happened_at": "发生时间", "written_at": "登记时间", "who": "对象", "what": "内容", "place": "地点",
            "n": "人数", "note": "结果或说明", "filled": "填了几项", "wanted": "应填几项", "author_id": "登记人", "author_name": "登记人姓名",
            "corrects": "更正哪一条", "reason": "更正原因", "tenant": "站点",
        },
        "day_records": {
            "tenant": "站点", "day": "哪天", "nth": "第几份", "text": "照记录起草", "note": "手写补充", "counts": "当天各类业务", "signed_at": "签字时间",
            "signed_by": "签字人", "signed_name": "签字人姓名", "late": "迟签", "hash": "校验值",
        },
        "month_reports": {
            "tenant": "站点", "month": "月份", "version": "第几版", "figures": "数字", "drafted_at": "起草时间", "due_at": "截止", "remark": "站点说明",
            "signed_at": "签报时间", "signed_by": "签报人", "signed_name": "签报人姓名", "late_days": "迟报天数", "hash": "校验值",
            "decided_at": "审核时间", "decided_by": "审核人", "decided_name": "审核人姓名", "answer": "退回原因",
        },
        "sheet_layouts": {
            "tenant": "在哪里生效", "form": "哪张表", "version": "第几版", "title": "表名", "columns": "列", "signers": "签字栏", "source": "依据",
            "set_at": "设定时间", "set_by": "设定人",
        },
        "trade_gaps": {
            "tenant": "哪里", "trade_code": "工种代码", "since": "从哪天", "days": "几天", "demand": "要人", "supply": "能来",
            "told_at": "提醒时间", "ended_on": "哪天缓解",
        },
        "site_hits": {
            "tenant": "哪个站点", "month": "哪个月", "verdict": "情况", "nth": "连续第几月", "proposes": "建议", "evidence": "依据",
            "made_at": "记录时间",
        },
        "public_texts": {
            "key": "栏目", "version": "第几版", "body": "内容", "source": "依据", "set_at": "写的时间", "set_by": "谁写的",
            "tenant": "在哪里生效",
        },
        "directory_editions": {
            "tenant": "哪里的名录", "quarter": "季度", "version": "第几版", "place": "地名", "begins_on": "统计从",
            "ends_on": "统计到", "lines": "名录", "published_at": "公布时间", "published_by": "谁公布的",
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
            "rescheduled_from": "改期自", "crew_choice": "缺员怎么办", "asks_former": "先问上次的人",
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
            "proposed_reason": "为什么少", "proposed_at": "提出时间", "evidence_due_at": "交证据期限", "arrived_by": "谁说到岗", "finished_by": "谁说收工", "proposed_by": "谁提的", "overtime_until": "约好加班到",
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
        "wechat_transfers": {
            "mchid": "商户号", "amount_fen": "金额（元）", "openid_sealed": "收款微信", "said": "微信说的状态", "reason": "原因",
            "transfer_bill_no": "微信单号", "ordered_by": "谁点的", "ordered_at": "什么时候点的", "ended_at": "结果时间",
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
            "place": "干活的地方", "policy_no": "保单号", "effective_at": "生效时间", "refused_code": "拒保代码", "refused_words": "拒保原因",
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
        **operator_words.COLUMNS,
    }
)  # fmt: skip
