"""The words of each legal form, our own, in short numbered clauses. They follow `Facts`; figures are never written here.

Statements about law are professional knowledge, to be re-read by a lawyer before a city puts them into force.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from linggong.contracts.facts import Facts
from linggong.contracts.legal_forms import EMPLOYMENT
from linggong.market.codes import LegalForm, PayUnit

TITLES: Final = {
    LegalForm.LABOUR_CONTRACT: "短期用工劳动合同",
    LegalForm.NON_FULL_TIME: "非全日制用工劳动合同",
    LegalForm.SERVICE: "零工劳务协议",
    LegalForm.CONTRACTED_WORK: "零工承揽协议",
    LegalForm.WRITTEN_AGREEMENT: "零工用工书面协议",
    LegalForm.OVER_AGE: "超龄人员用工协议",
}
_NATURE: Final = {
    LegalForm.LABOUR_CONTRACT: "双方建立劳动关系，甲方是用人单位，乙方是劳动者；合同期限到最后一个工日为止，不约定试用期。",
    LegalForm.NON_FULL_TIME: "双方是非全日制用工的劳动关系：同一用人单位平均每天不超过 4 小时、每周累计不超过 24 小时，不约定试用期；任何一方可以随时通知对方结束用工，甲方不因此支付经济补偿，已干的工钱照付。",
    LegalForm.SERVICE: "双方是劳务关系：乙方按约定提供一次性或短期劳务，甲方按约定支付报酬，双方不因本协议建立劳动关系；按实际用工情况依法应当认定为劳动关系的，从其认定。",
    LegalForm.CONTRACTED_WORK: "双方是承揽关系：乙方按甲方的要求完成工作、交付成果，怎么干由乙方自己安排；甲方按成果支付报酬。甲方对定作、指示或者选任有过错的，承担相应责任。",
    LegalForm.WRITTEN_AGREEMENT: "双方的用工不完全符合确立劳动关系的情形，但甲方对乙方的劳动进行管理；双方用本协议写明报酬、休息、职业安全和保障，按实际情况依法应当认定为劳动关系的，从其认定。",
    LegalForm.OVER_AGE: "乙方已到超龄年龄，双方依法订立超龄用工协议：乙方的报酬、休息、劳动安全卫生和工伤保障的权益受保护，不因超龄而减少。",
}
_COURT: Final = "协商、调解不成的，可以向有管辖权的人民法院提起诉讼，也可以向人民调解委员会申请调解。"
_DISPUTE: Final = {
    LegalForm.LABOUR_CONTRACT: "协商、调解不成的，可以向劳动人事争议仲裁委员会申请仲裁（一般在一年内），也可以向劳动保障监察机构投诉。",
    LegalForm.NON_FULL_TIME: "协商、调解不成的，可以向劳动人事争议仲裁委员会申请仲裁（一般在一年内），也可以向劳动保障监察机构投诉。",
    LegalForm.OVER_AGE: "协商、调解不成的，可以依法申请仲裁或者向人民法院提起诉讼；拖欠报酬的，可以向劳动保障监察机构投诉。",
}
_INJURY: Final = {
    LegalForm.LABOUR_CONTRACT: "甲方依法为乙方参加工伤保险。商业保险不能代替工伤保险；没有参加的，乙方因工受伤的工伤待遇由甲方承担。",
    LegalForm.NON_FULL_TIME: "甲方依法为乙方参加工伤保险。商业保险不能代替工伤保险；没有参加的，乙方因工受伤的工伤待遇由甲方承担。",
    LegalForm.SERVICE: "乙方因劳务受到损害的，由双方按各自的过错依法承担责任；个人之间的劳务，接受劳务的一方承担乙方因劳务给别人造成损害的责任。",
    LegalForm.CONTRACTED_WORK: "乙方在完成工作中造成自己或者别人损害的，甲方对定作、指示、选任有过错的，依法承担相应责任。",
    LegalForm.WRITTEN_AGREEMENT: "甲方采取参加职业伤害保障、工伤保险或者商业保险等方式保障乙方；已有国家规定的保障的，按规定参加，商业保险不能代替。",
    LegalForm.OVER_AGE: "甲方依法为乙方安排工伤保障（可以单独参加工伤保险的按规定参加）；没有安排的，乙方因工受到的损害由甲方依法承担责任，甲方不得以乙方超龄为由推脱。",
}


def sections(f: Facts) -> Iterator[tuple[str, list[str], list[dict[str, object]]]]:
    """Yield (title, clauses, tables) of a contract, in order; clauses are numbered through the whole document."""
    yield "双方的关系", [_NATURE[f.form], *(f"特别提示：{w}" for w in f.warnings)], []
    yield (
        "活和地方",
        [
            f"干的活：{f.title}（{f.trade}）。" + (f"说明：{f.description}" if f.description else ""),
            f"地方：{f.place}。换地方、换工种、改时间要双方同意并另签补充协议；到场发现活、价或地方与约定不符的，乙方可以离开，甲方按取消的约定补偿。",
            f"吃饭、接送、工具：{f.benefits}。",
        ],
        [
            {
                "widths": [0, 0, 1],
                "head": ["日期", "时间", "中间休息"],
                "rows": [[s.day, s.hours, s.rest] for s in f.shifts],
            }
        ],
    )
    yield "工钱", list(_pay(f)), []
    yield "下雨、停工和取消", list(_interrupted(f)), []
    yield "保险和受伤", list(_cover(f)), []
    yield "安全和权利", list(_rights(f)), []
    yield (
        "有了纠纷",
        [
            f"双方先协商；也可以找{f.station or '零工驿站'}调解，投诉和求助电话 {f.phone}。",
            _DISPUTE.get(f.form, _COURT),
            "有争议的只是一部分的，没有争议的部分照常按期支付。",
        ],
        [],
    )
    yield "效力", list(_effect(f)), []


def _pay(f: Facts) -> Iterator[str]:
    yield f"报酬：{f.pay}；{f.settlement}，用{f.channel}付。"
    yield "工钱只付给乙方本人或者他本人的账户，班组长和别人不能代领；平台不收、不存、不代发工钱。"
    yield "甲方和任何人不得向乙方收取押金、中介费、报名费、服装费，不得扣押证件，不得以罚款名义扣工钱。"
    if f.form is LegalForm.NON_FULL_TIME:
        yield "劳动报酬结算支付周期最长不超过 15 天，小时报酬不低于当地小时最低工资标准。"
    elif f.form is LegalForm.LABOUR_CONTRACT:
        yield "一次性临时劳动完成后即应付清；工作日加班、休息日加班、法定节假日加班，分别按不低于 150%、200%、300% 支付。"
    else:
        yield "一次性的活干完即应付清；超过约定时间的，按约定的小时标准另付，不得低于约定报酬折合的小时标准。"
    if f.form in EMPLOYMENT and f.heat_allowance:
        yield f"高温天气作业的，按规定支付高温津贴，每天 {f.heat_allowance} 元。"
    yield "超过乙方出勤记录的扣减要有理由并经乙方同意，否则以平台的到岗和收工记录为准。"


def _interrupted(f: Facts) -> Iterator[str]:
    yield f"下雨：{f.rain_rule}。"
    yield f"取消：{f.cancel_rule}。"
    if f.form in EMPLOYMENT:
        yield "甲方原因停工、因高温停止作业的，停工时间的工钱照付。"
    else:
        yield (
            f"停工等待：因甲方原因的按报酬的 {f.wait_fault_percent}% 付，其他原因的按 {f.wait_percent}% 付；"
            "等得太久可以收工，按已干的结算。"
        )
    if f.pay_unit in (PayUnit.DAY, PayUnit.GONG):
        yield "甲方提前收工的，至少付半天；干满大半天的付全天。乙方自己提前走的，按干了多久付。"
    yield "为了安全或者高温，乙方随时可以停下来，不算违约。"


def _cover(f: Facts) -> Iterator[str]:
    yield _INJURY[f.form]
    yield f"意外伤害保险：{f.insurance}。开工前由平台向保险机构参保，保单号、保额和起保时间见保单和平台记录；保险机构不保的，开工前告诉双方。"
    yield "受了伤马上停工救治，并当天告诉甲方和驿站，由甲方或驿站在 24 小时内报保险机构；受伤前已干的工钱照付。"


def _rights(f: Facts) -> Iterator[str]:
    yield "甲方提供安全的条件和必要的防护用品，讲清危险在哪里；不得强令冒险作业。乙方按要求使用防护用品，对违章指挥可以拒绝。"
    if f.form is not LegalForm.CONTRACTED_WORK:
        yield "甲方保证乙方吃饭和休息的时间，不得强迫加班。"
    yield "甲方不得因性别、民族、户籍、疾病等歧视乙方；双方因本次用工知道的对方个人信息只用于本次用工。"


def _effect(f: Facts) -> Iterator[str]:
    yield f"本文件依据双方都确认的第 {f.terms_version} 版约定订立；约定的指纹（SHA-256）：{f.terms_hash}。"
    yield "改动要双方都同意，由平台另出补充协议；补充协议写明前一份的指纹，与本文件一起有效。"
    yield (
        f"本文件为电子文本，双方各自确认后由平台盖章，与纸质文本效力相同。双方随时可以免费查看、下载、打印，也可以到驿站免费领一份纸质的；"
        f"平台保存不少于 {f.retention_years} 年。"
    )


def addendum_sections(
    f: Facts, before_code: str, before_sha: str
) -> Iterator[tuple[str, list[str], list[dict[str, object]]]]:
    """Yield what an addendum says: what it changes, how things stand now, and the document that it is linked to."""
    yield "改了什么", [*(f.changes or ["见下面的新约定。"])], []
    yield (
        "现在的约定",
        [
            f"干的活：{f.title}（{f.trade}），地方：{f.place}。",
            f"报酬：{f.pay}；{f.settlement}，用{f.channel}付。吃饭、接送、工具：{f.benefits}。",
            f"下雨：{f.rain_rule}。取消：{f.cancel_rule}。",
        ],
        [
            {
                "widths": [0, 0, 1],
                "head": ["日期", "时间", "中间休息"],
                "rows": [[s.day, s.hours, s.rest] for s in f.shifts],
            }
        ],
    )
    yield (
        "与原合同的关系",
        [
            f"本补充协议接在编号 {before_code} 的文件后面，那份文件的指纹（SHA-256）：{before_sha}。没有改的部分，原来的约定继续有效。",
            f"依据双方都确认的第 {f.terms_version} 版约定订立；约定的指纹（SHA-256）：{f.terms_hash}。",
        ],
        [],
    )
