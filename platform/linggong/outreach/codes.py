"""Words of reaching out: every code that a record may hold, with its Chinese."""

from __future__ import annotations

from typing import Final

VISIT_CHANNELS: Final = {
    "visit": "上门走访",
    "call": "打电话",
    "survey": "发问卷",
    "agency": "对接劳务中介",
    "online": "在线征集",
}
"""How demand was heard of beside the desk (R054)."""
SOURCE_OF: Final = {"visit": "visit", "call": "phone_intake", "survey": "survey", "agency": "agency", "online": "web"}
"""The source of a post that comes of it (`orders.source_channel`)."""
SHEET_KINDS: Final = {"village": "进村摸排", "roadside": "路边登记"}
SURVEYED: Final = {"registered": "新登记", "known": "登记过，接到本站", "counted": "只计数，没同意登记"}
SITUATIONS: Final = {
    "idle": "在家没活",
    "farming": "务农",
    "odd_jobs": "打零工",
    "employed": "有固定工作",
    "unsaid": "没说",
}
PUBLICITY_KINDS: Final = {"story": "宣传报道", "posts": "发布岗位"}
MEDIA: Final = {
    "hall": "大厅张贴", "official_account": "公众号", "mini_program": "小程序", "website": "门户网站", "public_recruitment": "公共招聘网",
    "recruitment_site": "招聘网站", "wechat_group": "微信群", "qq_group": "QQ群", "short_video": "短视频", "broadcast": "广播电视",
    "newspaper": "报纸", "leaflet": "传单", "loudspeaker": "村里大喇叭",
}  # fmt: skip
"""Channels of publication (R059) and of publicity (R111)."""
PLATFORMS: Final = {
    "official_account": "公众号",
    "mini_program": "小程序",
    "short_video": "短视频号",
    "weibo": "微博",
    "other": "其他",
}
FAIR_STATES: Final = {"planned": "筹备", "held": "已办", "cancelled": "取消"}
SIGNED_HOW: Final = {"desk": "服务台签到", "code": "手机输码签到"}
PUSHES: Final = {"notice": "会前通知", "posts": "岗位预告", "employers": "参会邀请"}
ASK_OUTCOMES: Final = {"open": "等回答", "unreached": "联系不上", "refused": "不愿答"}
"""What was noted of a question without an answer; an answer is a rating, and stands nowhere else (M22)."""
SIDES: Final = {"worker": "零工", "employer": "雇主"}
GUIDANCE_KINDS: Final = {"guidance": "指导", "warning": "警示"}
GUIDANCE_TOPICS: Final = {
    "conditions": "招聘条件不合理", "discrimination": "就业歧视", "recruitment": "招聘不规范", "contract": "不签约定", "wages": "工资支付",
    "insurance": "不买保险", "safety": "劳动安全", "minors": "用未成年人", "false_post": "岗位不实", "fees": "向零工收费",
}  # fmt: skip
GUIDANCE_STATES: Final = {"open": "等改正", "fixed": "改好了", "unfixed": "没改"}
