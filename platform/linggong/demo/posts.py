"""Plausible posts of Kaifeng's day labour: what the work is called, what it pays, when it starts. All made up.

Pay keeps above the minimum hourly wage of the parameters (20.60 yuan), because the lint refuses what lies below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from linggong.market.codes import PayUnit, Settlement
from linggong.market.trades import COMMON_TRADES

CODES = {common.word: common.code for common in COMMON_TRADES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One kind of post. `pay` is yuan for one unit, `hours` are (start, end, meal minutes) in minutes after midnight."""

    trade: str
    sector: str
    titles: tuple[str, ...]
    places: tuple[str, ...]
    unit: PayUnit
    pay: tuple[float, float]
    hours: tuple[tuple[int, int, int], ...]
    crew: tuple[int, ...]
    season: str = "always"
    urban: float = 1.0
    rural: float = 1.0
    words: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    benefits: tuple[str, ...] = ()
    piece: tuple[str, int] | None = None
    settle: tuple[Settlement, ...] = (Settlement.DAILY,)
    many_days: float = 0.0
    tools: str = ""


def _h(text: str) -> tuple[tuple[int, int, int], ...]:
    """Read '06:30-17:30/90 20:00-28:00/30': hours beyond 24 end the next day."""
    spans = []
    for part in text.split():
        span, _, meal = part.partition("/")
        start, end = (int(t[:2]) * 60 + int(t[3:]) for t in span.split("-"))
        spans.append((start, end, int(meal or 0)))
    return tuple(spans)


_D, _J, _W = Settlement.DAILY, Settlement.PER_JOB, Settlement.WEEKLY
_SITE = ("安置房工地", "新建厂房工地", "学校扩建工地", "商住楼工地", "农村自建房")
_FLAT = ("幸福花园小区", "东京华府", "丽水雅居", "金明小区", "御景湾", "宋城名苑")
_HALL = ("快递分拨中心", "电商云仓", "物流园三号库", "城东货运站")
_FIELD = ("村东大田", "村北大棚", "家庭农场", "合作社基地", "河滩地")
_DINE = ("夜市", "灌汤包子馆", "宴会酒楼", "学校食堂", "农家院饭店")

TEMPLATES: tuple[Template, ...] = (
    Template(
        trade="小工", sector="build", titles=("工地小工搬砖和灰", "农村盖房找小工", "工地清理杂活"), places=_SITE,
        unit=PayUnit.GONG, pay=(190, 240), hours=_h("06:30-17:30/90 07:00-17:30/90"), crew=(1, 2, 2, 3, 4, 6),
        season="building", urban=1.2, rural=1.6, words=("搬砖、和灰、清垃圾，有人带。", "手套安全帽工地发。"),
        conditions=("heavy", "outdoor"), benefits=("meal",), many_days=0.2,
    ),
    Template(
        trade="瓦工", sector="build", titles=("砌墙瓦工", "农村盖房瓦工师傅", "围墙砌筑"), places=_SITE,
        unit=PayUnit.GONG, pay=(320, 400), hours=_h("06:30-17:30/90 07:00-17:30/90"), crew=(1, 2, 2, 3),
        season="building", urban=0.8, rural=1.2, words=("砌二四墙，自带瓦刀。", "灰和砖工地备好。"),
        conditions=("heavy", "outdoor"), benefits=("meal",), many_days=0.25, tools="自带瓦刀、线坠",
    ),
    Template(
        trade="贴砖", sector="deco", titles=("卫生间贴墙砖", "客厅铺地砖", "店面铺砖"), places=_FLAT,
        unit=PayUnit.DAY, pay=(360, 450), hours=_h("07:30-18:00/90"), crew=(1, 1, 2), urban=0.9, rural=0.5,
        words=("八百乘八百地砖，薄贴。", "材料已到现场。"), tools="自带切割机", settle=(_J, _D),
    ),
    Template(
        trade="钢筋工", sector="build", titles=("绑钢筋", "基础钢筋绑扎"), places=_SITE, unit=PayUnit.GONG,
        pay=(320, 400), hours=_h("06:30-17:30/90"), crew=(2, 3, 4), season="building", urban=0.5, rural=0.4,
        words=("筏板基础绑扎，图纸现场看。",), conditions=("heavy", "outdoor"), benefits=("meal", "insurance"),
    ),
    Template(
        trade="木工", sector="build", titles=("支模木工", "家具厂木工", "吊顶木工"), places=(*_SITE, "木业公司"),
        unit=PayUnit.GONG, pay=(300, 380), hours=_h("07:00-17:30/90"), crew=(1, 2, 3), season="building",
        urban=0.5, rural=0.7, words=("会看图，手脚利索。",), benefits=("meal",), many_days=0.2,
    ),
    Template(
        trade="水电工", sector="deco", titles=("家装水电改造", "店铺线路安装"), places=_FLAT, unit=PayUnit.GONG,
        pay=(300, 370), hours=_h("08:00-18:00/90"), crew=(1, 1, 2), urban=0.8, rural=0.4,
        words=("开槽布管接线，要有电工证。",), tools="自带电工工具", settle=(_J, _D),
    ),
    Template(
        trade="电焊工", sector="factory", titles=("钢结构焊接", "护栏焊接安装"), places=("机械厂", "门窗厂", "新建厂房工地"),
        unit=PayUnit.GONG, pay=(320, 420), hours=_h("07:30-18:00/90"), crew=(1, 1, 2), urban=0.5, rural=0.6,
        words=("二保焊，要有焊工证。",), conditions=("heat",), benefits=("meal", "insurance"),
    ),
    Template(
        trade="搬运装卸", sector="haul", titles=("卸车搬货", "搬家搬运", "化肥装车", "家具上楼搬运"),
        places=(*_HALL, "批发市场", "农资仓库"), unit=PayUnit.DAY, pay=(210, 280),
        hours=_h("07:00-16:30/60 08:00-17:00/60 13:00-19:00/0"), crew=(1, 2, 2, 3, 4), urban=1.4, rural=1.0,
        words=("一袋五十斤，有叉车配合。", "活干完就走。"), conditions=("heavy",), settle=(_D, _J),
    ),
    Template(
        trade="分拣", sector="haul", titles=("快递分拣", "快递夜班分拣", "仓库理货分拣"), places=_HALL,
        unit=PayUnit.HOUR, pay=(21, 25), hours=_h("08:00-17:00/60 13:00-21:00/30 20:00-28:00/60"),
        crew=(2, 3, 4, 6), season="parcels", urban=1.6, rural=0.6, words=("扫码、分区、上笼车。", "夜里管一顿饭。"),
        benefits=("meal",), settle=(_D, _D, _W),
    ),
    Template(
        trade="打包", sector="haul", titles=("电商仓打包", "大蒜装箱打包", "纸箱封箱打包"), places=(*_HALL, "食品厂"),
        unit=PayUnit.HOUR, pay=(21, 24), hours=_h("08:00-17:30/90 13:00-21:00/30"), crew=(2, 3, 4),
        season="parcels", urban=1.0, rural=0.8, words=("坐着干，手快就行。",), settle=(_D, _W),
    ),
    Template(
        trade="流水线", sector="factory", titles=("车间流水线临时工", "速食车间包装", "车间包装"), places=("食品厂", "面粉厂", "调味品厂"),
        unit=PayUnit.HOUR, pay=(21, 24), hours=_h("08:00-17:30/90 07:30-17:00/60"), crew=(2, 3, 4, 6),
        urban=0.9, rural=0.9, words=("有空调，穿工装。", "提前十分钟到门卫处。"), benefits=("meal",), many_days=0.25,
    ),
    Template(
        trade="缝纫", sector="factory", titles=("校服缝纫平车", "童装锁边"), places=("服装厂", "制衣车间"),
        unit=PayUnit.PIECE, pay=(1.8, 2.6), hours=_h("08:00-18:00/90"), crew=(1, 2, 3), urban=0.3, rural=0.8,
        words=("平车熟手，质量合格当天计件。",), piece=("件", 110),
    ),
    Template(
        trade="货车司机", sector="haul", titles=("四米二货车送货", "冷藏车市内配送"), places=_HALL, unit=PayUnit.DAY,
        pay=(260, 330), hours=_h("07:00-17:00/60"), crew=(1,), urban=0.5, rural=0.4, words=("要有C1以上驾照。",),
    ),
    Template(
        trade="保洁", sector="clean", titles=("写字楼保洁", "开荒保洁擦玻璃", "商场保洁顶班", "小区楼道保洁"),
        places=("商业广场", "便民服务大厅", *_FLAT), unit=PayUnit.HOUR, pay=(21, 26),
        hours=_h("07:00-11:00 08:00-17:00/60 14:00-18:00"), crew=(1, 1, 2, 3), urban=1.8, rural=0.4,
        words=("工具现场有。", "扫地拖地擦玻璃。"), benefits=("tools",),
    ),
    Template(
        trade="钟点工", sector="home", titles=("做一顿晚饭", "家里打扫卫生", "照看老人半天"), places=_FLAT,
        unit=PayUnit.HOUR, pay=(25, 35), hours=_h("16:30-19:30 08:00-12:00 14:00-17:00"), crew=(1,), urban=1.2,
        rural=0.1, words=("家里两口人，饭菜清淡。", "干净利落。"), settle=(_J,),
    ),
    Template(
        trade="护工", sector="home", titles=("医院陪护白班", "护理院顶班"), places=("医院住院部", "护理院"),
        unit=PayUnit.DAY, pay=(220, 280), hours=_h("08:00-18:00/60"), crew=(1, 1, 2), urban=0.7, rural=0.4,
        words=("老人能自己吃饭，帮忙翻身。",), benefits=("meal",),
    ),
    Template(
        trade="服务员", sector="food", titles=("宴席服务员", "饭店传菜", "夜市帮忙", "酒店早餐服务"), places=_DINE,
        unit=PayUnit.HOUR, pay=(21, 25), hours=_h("10:00-14:30 16:30-21:30 06:30-10:30"), crew=(1, 2, 2, 4, 5),
        season="table", urban=1.6, rural=0.6, words=("端菜收台，管一顿饭。",), benefits=("meal",),
    ),
    Template(
        trade="厨师帮厨", sector="food", titles=("后厨帮厨切配", "宴席帮厨", "食堂洗菜打荷"), places=_DINE,
        unit=PayUnit.DAY, pay=(200, 240), hours=_h("09:00-19:00/90"), crew=(1, 1, 2), season="table", urban=0.9,
        rural=0.7, words=("洗菜切菜，听厨师安排。",), benefits=("meal",),
    ),
    Template(
        trade="保安", sector="clean", titles=("活动安保执勤", "小区门岗顶班"), places=("文化园", "体育场", *_FLAT),
        unit=PayUnit.DAY, pay=(170, 200), hours=_h("08:00-16:00 15:00-23:00"), crew=(1, 2, 4), urban=0.7, rural=0.2,
        words=("站岗疏导，服装现场领。",),
    ),
    Template(
        trade="发传单", sector="food", titles=("开业发传单", "商场活动宣传"), places=("文化广场", "商场门口", "十字街口"),
        unit=PayUnit.HOUR, pay=(21, 24), hours=_h("09:00-17:00/60"), crew=(2, 3), urban=0.6, rural=0.3,
        words=("按路线发，有人带队。",), conditions=("outdoor",),
    ),
    Template(
        trade="绿化", sector="green", titles=("菊花摆放养护", "公园修剪清理", "道路绿化补栽"),
        places=("街心公园", "道路绿化带", "河边生态廊道"), unit=PayUnit.GONG, pay=(170, 210),
        hours=_h("07:00-17:00/90"), crew=(2, 3, 4, 6), season="chrysanthemum", urban=1.0, rural=0.4,
        words=("搬花盆、浇水、除草。",), conditions=("outdoor",), many_days=0.2,
    ),
    Template(
        trade="采摘", sector="farm", titles=("大棚摘番茄", "摘辣椒", "葡萄采收", "大棚摘黄瓜"), places=_FIELD,
        unit=PayUnit.DAY, pay=(175, 215), hours=_h("06:00-15:30/90 06:30-16:00/90"), crew=(2, 3, 4, 6), season="fruit",
        urban=0.1, rural=1.4, words=("筐子地头有，村口有车接。",), conditions=("outdoor",), benefits=("transport",),
    ),
    Template(
        trade="收庄稼", sector="farm", titles=("抢收大蒜", "挖蒜剪蒜"), places=_FIELD, unit=PayUnit.DAY, pay=(230, 300),
        hours=_h("06:00-16:00/90"), crew=(4, 6, 8, 10), season="garlic_harvest", urban=0.0, rural=1.0,
        words=("蒜铲自带，管午饭。",), conditions=("outdoor", "heat"), benefits=("meal", "transport"), tools="自带蒜铲",
    ),
    Template(
        trade="收庄稼", sector="farm", titles=("种大蒜点蒜种", "剥蒜种下地"), places=_FIELD, unit=PayUnit.DAY, pay=(180, 220),
        hours=_h("06:30-16:30/90"), crew=(3, 4, 6), season="garlic_planting", urban=0.0, rural=1.0,
        words=("开沟点种盖土，管午饭。",), conditions=("outdoor",), benefits=("meal",),
    ),
    Template(
        trade="收庄稼", sector="farm", titles=("拔花生摘花生", "花生晾晒装袋"), places=_FIELD, unit=PayUnit.DAY, pay=(180, 230),
        hours=_h("06:30-16:30/90"), crew=(3, 4, 5, 6), season="peanut", urban=0.1, rural=1.0,
        words=("机器起完人工捡。",), conditions=("outdoor",), benefits=("meal", "transport"),
    ),
    Template(
        trade="收庄稼", sector="farm", titles=("收麦装袋看晒场", "麦茬地清理"), places=_FIELD, unit=PayUnit.DAY, pay=(190, 240),
        hours=_h("06:00-15:30/90"), crew=(2, 3), season="wheat", urban=0.05, rural=0.7, words=("看场装袋，中午歇两小时。",),
        conditions=("outdoor", "heat"), benefits=("meal",),
    ),
    Template(
        trade="收庄稼", sector="farm", titles=("掰玉米装车", "玉米棒晾晒"), places=_FIELD, unit=PayUnit.DAY, pay=(180, 220),
        hours=_h("06:30-16:30/90"), crew=(2, 3, 4), season="maize", urban=0.05, rural=0.7, words=("掰棒装三轮车。",),
        conditions=("outdoor",), benefits=("meal",),
    ),
    Template(
        trade="剥蒜分级", sector="farm", titles=("冷库大蒜剪把分级", "剥蒜米计件"), places=("大蒜冷库", "蒜米加工厂", "合作社冷库"),
        unit=PayUnit.PIECE, pay=(0.30, 0.40), hours=_h("07:00-17:30/90"), crew=(3, 4, 6), season="garlic_grading",
        urban=0.0, rural=1.0, words=("坐着干，按斤计，当天过秤。",), piece=("斤", 750),
    ),
)  # fmt: skip

SECTOR_NAMES: dict[str, tuple[str, ...]] = {
    "build": ("建筑工程有限公司", "建筑劳务有限公司", "基建工程队"),
    "deco": ("装饰工程有限公司", "装修服务部", "建材经营部"),
    "haul": ("物流有限公司", "供应链管理有限公司", "货运服务部", "电子商务有限公司"),
    "factory": ("食品有限公司", "服饰有限公司", "木业有限公司", "包装制品有限公司", "机械制造有限公司"),
    "clean": ("物业服务有限公司", "保洁服务有限公司", "家政服务部"),
    "food": ("餐饮管理有限公司", "饭店", "灌汤包子馆", "酒店有限公司"),
    "green": ("园林绿化有限公司", "花卉种植专业合作社"),
    "farm": ("大蒜种植专业合作社", "花生种植专业合作社", "家庭农场", "果蔬种植专业合作社", "冷藏有限公司"),
    "home": (),
}
"""Endings of employers' names by sector; households have none and are registered under the person's own name."""

SECTORS_URBAN = {
    "food": 3,
    "clean": 3,
    "haul": 3,
    "deco": 2,
    "build": 2,
    "home": 2,
    "factory": 2,
    "green": 2,
    "farm": 1,
}
SECTORS_RURAL = {
    "farm": 5,
    "build": 3,
    "factory": 3,
    "haul": 2,
    "food": 2,
    "clean": 1,
    "deco": 1,
    "home": 1,
    "green": 1,
}
"""How many employers of a sector there are, in city districts and in the counties."""

DEMO_WORDS = "演示数据，单位和人都是编的。"


@dataclass(slots=True)
class PostText:
    """The words and figures of one post."""

    template: Template
    title: str
    place: str
    pay_fen: int
    start: int
    end: int
    meal: int
    headcount: int
    settlement: Settlement
    description: str
    benefits: list[str] = field(default_factory=list)


def write_post(rng: Random, template: Template, site: str) -> PostText:
    """Write a post of a kind at a place; the same generator state gives the same post."""
    start, end, meal = rng.choice(template.hours)
    step = 1 if template.unit is PayUnit.PIECE else 50 if template.unit is PayUnit.HOUR else 1000
    low, high = (round(yuan * 100) for yuan in template.pay)
    headcount = rng.choice(template.crew)
    if rng.random() < 0.5:
        headcount = (headcount + 1) // 2
    pay = low + step * rng.randint(0, (high - low) // step)
    return PostText(
        template=template,
        title=rng.choice(template.titles),
        place=f"{site}{rng.choice(template.places)}",
        pay_fen=pay,
        start=start,
        end=end,
        meal=meal,
        headcount=headcount,
        settlement=rng.choice(template.settle),
        description="".join([*template.words, DEMO_WORDS]),
        benefits=list(template.benefits),
    )
