from __future__ import annotations

import pytest

from linggong.market.words import (
    discrimination_hits,
    diversion_hits,
    fee_hits,
    gender_hits,
    scam_hits,
    squeeze,
)


@pytest.mark.parametrize(
    "text",
    [
        "需交押金200元",
        "押金可退",
        "押 金 200",
        "押*金200",
        "服装费自理",
        "入职交培训费300",
        "不收中介费只收押金",
        "不收中介费，押金100",
        "不交押金不能上岗",
        "没有押金不行",
        "先交钱后上岗",
        "入职前需缴纳300元",
        "报名费50元",
        "收身份证抵押",
        "保证金500",
    ],
)
def test_fees_are_found(text: str) -> None:
    assert [hit.severity for hit in fee_hits(text)][:1] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "不收押金",
        "无需押金",
        "免押金，管饭",
        "不收取任何费用、押金、中介费",
        "严禁收取押金和服装费",
        "零押金",
        "培训费全免",
        "服装费由公司承担",
        "押金0元",
        "免费培训，免费提供工作服",
        "已存农民工工资保证金",
        "工钱当天结，路费报销",
        "搬押运箱",
    ],
)
def test_denied_fees_are_allowed(text: str) -> None:
    assert list(fee_hits(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "限女",
        "只招男工",
        "男士优先",
        "女工优先",
        "招女工3名",
        "招3名男工",
        "要男的",
        "不要女的",
        "女性，能吃苦",
        "女18-45岁",
        "仅限男性",
        "男200元一天女150元一天",
        "男3人女2人",
    ],
)
def test_gender_limits_are_found(text: str) -> None:
    assert [hit.severity for hit in gender_hits(text)] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "男女不限",
        "男女均可，能干就行",
        "不限男女",
        "招男女工6人",
        "男工女工都要",
        "打扫女厕所",
        "招女装店员",
        "女生宿舍保洁",
        "妇女儿童用品搬运",
        "招聘收银员",
    ],
)
def test_words_that_limit_nobody_are_allowed(text: str) -> None:
    assert list(gender_hits(text)) == []


def test_a_statutory_ground_allows_only_its_own_direction() -> None:
    assert list(gender_hits("井下作业，限男", "male")) == []
    assert [hit.code for hit in gender_hits("限女", "male")] == ["gender"]


@pytest.mark.parametrize(
    ("text", "code", "severity"),
    [
        ("不要河南人", "origin", "error"),
        ("只招本地人", "origin", "error"),
        ("东北人勿扰", "origin", "error"),
        ("须本市户口", "household", "error"),
        ("仅限汉族", "ethnicity", "error"),
        ("不招少数民族", "ethnicity", "error"),
        ("乙肝携带者勿扰", "health", "error"),
        ("体检查HIV", "health", "error"),
        ("不招残疾人", "disability", "error"),
        ("不要属虎的", "zodiac", "error"),
        ("已婚已育优先", "marriage", "error"),
        ("不招孕妇", "marriage", "error"),
        ("不招信教的", "religion", "error"),
        ("限50岁以下", "age_limit", "warning"),
        ("18-45岁", "age_limit", "warning"),
        ("55周岁以内", "age_limit", "warning"),
        ("年轻人优先", "age_limit", "warning"),
        ("形象好气质佳", "looks", "warning"),
        ("本村人优先", "local_first", "warning"),
    ],
)
def test_discrimination_is_graded(text: str, code: str, severity: str) -> None:
    assert (code, severity) in [(hit.code, hit.severity) for hit in discrimination_hits(text)]


@pytest.mark.parametrize(
    "text",
    [
        "开封本地大蒜装车",
        "照顾孕妇和宝宝",
        "满族食品厂搬运",
        "河南人民医院保洁",
        "养猪场喂猪",
        "招牛奶配送",
        "一天干10小时，20-30元一小时",
        "不查乙肝",
        "少数民族村摘苹果",
        "离单身公寓近",
    ],
)
def test_ordinary_words_do_not_discriminate(text: str) -> None:
    assert list(discrimination_hits(text)) == []


@pytest.mark.parametrize(
    "text",
    ["手机刷单", "打字员日结高薪", "在家兼职日赚500", "出租银行卡", "去缅甸高薪", "夜场公关", "先垫付本金"],
)
def test_scams_are_found(text: str) -> None:
    assert [hit.severity for hit in scam_hits(text)] == ["error"]


def test_boasting_warns() -> None:
    assert [hit.severity for hit in scam_hits("日结高薪急招小工")] == ["warning"]


@pytest.mark.parametrize("text", ["饭店刷碗", "单日结", "电脑录入员不要，招搬运", "工资由公司垫付工资专户发"])
def test_ordinary_work_is_no_scam(text: str) -> None:
    assert list(scam_hits(text)) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("加微信详聊", "diversion"),
        ("加 微 信", "diversion"),
        ("微信号abc12345", "diversion"),
        ("vx: zhangsan88", "diversion"),
        ("QQ 123456789", "diversion"),
        ("扫码进群", "diversion"),
        ("详情http://a.example/x", "diversion"),
        ("www.zhaogong.com", "diversion"),
        ("ＷＷＷ．zhaogong．ｃｏｍ", "diversion"),
        ("打电话13812345678", "phone_in_text"),
        ("电话138-1234-5678", "phone_in_text"),
        ("身份证11010519491231002X", "identity_in_text"),
    ],
)
def test_ways_around_are_found(text: str, code: str) -> None:
    assert code in [hit.code for hit in diversion_hits(text)]


@pytest.mark.parametrize(
    "text",
    [
        "微信支付",
        "工钱微信转账，当天结",
        "干完微信或现金结清",
        "会用微信发工资",
        "在加油站对面",
        "5号楼3单元",
    ],
)
def test_paying_by_wechat_is_allowed(text: str) -> None:
    assert list(diversion_hits(text)) == []


def test_squeeze_leaves_latin_words_apart() -> None:
    assert squeeze("押 金 ＡＢ cd") == "押金 ab cd"
