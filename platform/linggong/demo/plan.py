"""What will happen in the demo city, thought out before anything is written: pure, deterministic by seed and first day.

The plan says who registers when, which posts appear, who takes them and how each ends. `cast` carries it out through the
services. Because it is pure, a run that was killed thinks it out again and goes on where the database stopped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from random import Random

from linggong.demo import calendar, posts
from linggong.demo.folk import Folk
from linggong.demo.places import County, Desk
from linggong.demo.planned import MINUTE, Plan, PlannedEmployer, PlannedOrder, PlannedWorker, Wave
from linggong.kernel.chance import repeatable
from linggong.kernel.clock import at_shanghai


class Planner:
    """Thinks out a city from `first` to a little beyond `last`; see `plan`."""

    def __init__(self, counties: list[County], *, seed: int, first: date, last: date, scale: float) -> None:
        self.counties, self.seed, self.first, self.last, self.scale = counties, seed, first, last, scale
        self.orders_a_day = 109 * scale
        self.folk = Folk(f"{seed}:folk")
        self.workers: list[PlannedWorker] = []
        self.employers: list[PlannedEmployer] = []
        self.orders: list[PlannedOrder] = []
        self._by_county: dict[str, list[PlannedWorker]] = defaultdict(list)
        self._hirers: dict[tuple[str, str], list[PlannedEmployer]] = defaultdict(list)
        self._taken: set[tuple[int, datetime]] = set()

    def plan(self) -> Plan:
        """Return the plan. Posts whose work lies up to three days beyond `last` are in it, because they open before.

        Day follows day, and none looks ahead: a plan for more days begins with the plan for fewer.
        """
        before = self.first - timedelta(days=1)
        self._people(before, max(24, round(self.scale * 1000)), max(10, round(self.scale * 206)))
        for offset in range((self.last - self.first).days + 4):
            day = self.first + timedelta(days=offset)
            self._people(day, self._share(37.0, offset), self._share(3.8, offset))
            for county in self.counties:
                self._county_day(county, day)
        return Plan(self.workers, self.employers, self.orders)

    def _share(self, a_day: float, offset: int) -> int:
        """Return the whole number that falls to a day when `a_day` times the scale come daily on average."""
        return int((offset + 1) * a_day * self.scale) - int(offset * a_day * self.scale)

    def _people(self, day: date, workers: int, employers: int) -> None:
        rng = self.folk.rng
        weights = [c.weight for c in self.counties]
        # Everywhere somebody hires, or a small city would have counties without an employer.
        first = [c for c in self.counties for _ in range(2)] if not self.employers else []
        for n in range(employers):
            county = first[n] if n < len(first) else rng.choices(self.counties, weights)[0]
            self.add_employer(county, _open_hours(rng, day, 8, 3))
        for _ in range(workers):
            county = rng.choices(self.counties, weights)[0]
            self._add_worker(len(self.workers), county, _open_hours(rng, day, 8, 9))

    def add_employer(self, county: County, at: datetime, desk: Desk | None = None) -> PlannedEmployer:
        """Think up an employer."""
        key = len(self.employers)
        folk, rng = self.folk, self.folk.rng
        sectors = posts.SECTORS_URBAN if county.urban else posts.SECTORS_RURAL
        sector = rng.choices(list(sectors), list(sectors.values()))[0]
        sex = folk.sex(0.7)
        person = folk.name(sex)
        number = folk.id_number(county.area_code, sex, folk.birth(self.first))
        desk = desk or rng.choice(county.desks)
        village = county.village_near(rng, desk)
        endings = posts.SECTOR_NAMES[sector]
        agent: tuple[str, str] | None = None
        if not endings or (sector == "farm" and rng.random() < 0.5):
            kind, name = "individual", person
        else:
            ending = rng.choice(endings)
            kind = (
                "cooperative" if ending.endswith(("合作社", "农场"))
                else "enterprise" if ending.endswith("公司") else "individual_business"
            )  # fmt: skip
            name, agent = folk.firm(_short(county.name), ending), (person, number)
            number = folk.uscc(county.area_code, kind)
        employer = PlannedEmployer(
            key, kind, name, number, person, folk.phone(), county, desk, village, sector,
            rng.random() < (0.5 if county.urban else 0.3), agent, at,
        )  # fmt: skip
        self.employers.append(employer)
        self._hirers[county.segment, sector].append(employer)
        return employer

    def _add_worker(self, key: int, county: County, at: datetime) -> None:
        folk, rng = self.folk, self.folk.rng
        kinds = [t for t in posts.TEMPLATES if (t.urban if county.urban else t.rural) > 0]
        weights = [t.urban if county.urban else t.rural for t in kinds]
        main = rng.choices(kinds, weights)[0]
        extra = [t.trade for t in rng.choices(kinds, weights, k=rng.randint(0, 2))]
        sex = folk.sex(0.75 if main.sector in ("build", "haul", "deco") else 0.4)
        born = folk.birth(self.first)
        roll = rng.random()
        online = roll < 0.42
        contact = "mobile" if roll < 0.86 else "relative" if roll < 0.94 else "station"
        phone = "" if contact == "station" else folk.phone()
        if contact == "relative" and self.workers and self.workers[-1].phone:
            phone = self.workers[-1].phone  # one phone in the family
        worker = PlannedWorker(
            key=key, name=folk.name(sex), id_number=folk.id_number(county.area_code, sex, born), county=county,
            desk=rng.choice(county.desks), sector=main.sector,
            trades=[posts.CODES[w] for w in dict.fromkeys([main.trade, *extra])],
            skill=rng.choices((0, 2, 3, 4, 5), (70, 12, 10, 6, 2))[0], pay_fen=round(main.pay[0] * 100),
            pay_unit=main.unit.value, contact=contact, phone=phone, note="儿子代接" if contact == "relative" else "",
            online=online and contact == "mobile", at=at,
        )  # fmt: skip
        self.workers.append(worker)
        self._by_county[county.segment].append(worker)

    def _county_day(self, county: County, day: date) -> None:
        rng = repeatable(f"{self.seed}:{day}:{county.path}")
        total = sum(c.weight for c in self.counties)
        weights = self.weights(county, day)
        usual = sum(t.urban if county.urban else t.rural for t in posts.TEMPLATES)
        busy = min(1.6, max(0.75, sum(weights) / usual))
        wanted = self.orders_a_day * county.weight / total * calendar.demand(day) * busy
        for n in range(int(wanted + rng.random())):
            template = rng.choices(posts.TEMPLATES, weights)[0]
            employer = self._hirer(rng, county, template.sector, day)
            if employer is not None:
                if employer.sector != template.sector:
                    template = self.template_for(rng, employer, day)
                self.order(rng, f"{day:%Y%m%d}-{county.segment}-{n}", employer, template, day)

    def template_for(
        self, rng: Random, employer: PlannedEmployer, day: date, trades: Collection[str] = ()
    ) -> posts.Template:
        """Choose a kind of post that the employer would have on a day: of his sector, and of the trades if it has any."""
        pairs = list(zip(posts.TEMPLATES, self.weights(employer.county, day), strict=True))
        wanted = [(t, w) for t, w in pairs if not trades or t.trade in trades]
        own = [(t, w) for t, w in wanted if t.sector == employer.sector and w > 0]
        kinds, weights = zip(*(own or [(t, max(w, 0.1)) for t, w in wanted]), strict=True)
        chosen: posts.Template = rng.choices(kinds, weights)[0]
        return chosen

    def weights(self, county: County, day: date) -> list[float]:
        """Return how often each kind of post comes up in a county on a day."""
        return [
            (t.urban if county.urban else t.rural) * calendar.season(t.season, day, county.segment)
            for t in posts.TEMPLATES
        ]

    def _hirer(self, rng: Random, county: County, sector: str, day: date) -> PlannedEmployer | None:
        before = at_shanghai(day - timedelta(days=1), time(12))
        for pool in (self._hirers[county.segment, sector], [e for e in self.employers if e.county is county]):
            known = [e for e in pool if e.at < before]
            if known:
                # A few employers post most of the work.
                return known[min(int(rng.expovariate(3.0) * len(known)), len(known) - 1)]
        return None

    def order(
        self,
        rng: Random,
        key: str,
        employer: PlannedEmployer,
        template: posts.Template,
        day: date,
        created: datetime | None = None,
    ) -> PlannedOrder | None:
        """Think up a post and its fate; None when its employer comes too late for it."""
        county = employer.county
        village = county.village_near(rng, employer.desk) if rng.random() < 0.8 else rng.choice(county.villages)
        text = posts.write_post(rng, template, f"{village.street_name}{village.name}")
        starts = at_shanghai(day, time()) + text.start * MINUTE
        ends = at_shanghai(day, time()) + text.end * MINUTE
        days = (
            rng.randint(2, 3) if text.headcount <= 3 and text.end <= 1440 and rng.random() < template.many_days else 1
        )
        created = tick(created or self._created(rng, starts, day))
        if created < employer.at + 30 * MINUTE:
            return None
        while (employer.key, created) in self._taken:
            created += 5 * MINUTE
        self._taken.add((employer.key, created))
        order = PlannedOrder(
            key=key, employer=employer, county=county, desk=employer.desk if not employer.online else county.desk_for(village), village=village, text=text,
            channel="web" if employer.online else rng.choices(("desk", "phone_intake", "visit"), (45, 48, 7))[0],
            created=created, starts=starts, ends=ends, days=days,
            fate=rng.choices(("done", "empty", "cancelled", "returned"), (88, 6, 4, 2))[0],
        )  # fmt: skip
        self._review(rng, order)
        self._hire(rng, order)
        self._money(rng, order)
        self.orders.append(order)
        return order

    def _created(self, rng: Random, starts: datetime, day: date) -> datetime:
        """Return when the employer thinks of it: at dawn for the same day, the evening before, or days ahead."""
        dawn = at_shanghai(day, time(4, 30))
        roll = rng.random()
        if roll < 0.4:
            latest = min(starts - 110 * MINUTE, dawn + 130 * MINUTE)
            if latest > dawn:
                return dawn + 5 * MINUTE * rng.randint(0, int((latest - dawn) / (5 * MINUTE)))
        before = at_shanghai(day - timedelta(days=1 if roll < 0.85 else rng.randint(2, 3)), time(9))
        evening = before + timedelta(hours=rng.choices((0, 3, 6, 8, 10), (15, 10, 25, 30, 20))[0])
        return evening + 5 * MINUTE * rng.randint(0, 18)

    def _review(self, rng: Random, order: PlannedOrder) -> None:
        order.approve = order.created + 5 * MINUTE * rng.randint(1, 3)
        again = order.created + timedelta(hours=19)
        while again < order.starts - timedelta(hours=2):
            order.refreshes.append(tick(again))
            again += timedelta(hours=19)
        if order.fate == "cancelled":
            window = order.starts - timedelta(hours=2) - order.approve
            if window < 60 * MINUTE:
                order.fate = "done"
            else:
                order.cancel = tick(order.approve + window * rng.uniform(0.5, 0.95))

    def _hire(self, rng: Random, order: PlannedOrder) -> None:
        if order.fate in ("empty", "returned") or order.approve is None:
            return
        wanted = order.text.headcount if rng.random() < 0.86 else max(1, order.text.headcount - 1)
        last = order.cancel or order.starts - 45 * MINUTE
        crew = self.crew(rng, order, wanted + (1 if rng.random() < 0.12 else 0))
        if not crew:
            order.fate = "empty"
            return
        at = order.approve + 5 * MINUTE * rng.randint(2, 4)
        share = len(crew) if len(crew) < 3 or rng.random() < 0.6 else len(crew) // 2
        for part in (crew[:share], crew[share:]):
            offer = at + 5 * MINUTE * rng.randint(1, 2)
            if not part or offer + 5 * MINUTE > last:
                break
            wave = Wave(at, offer, offer + 5 * MINUTE)
            for worker in part:
                (wave.own if worker.online else wave.desk).append(worker.key)
            self._leavers(rng, order, wave)
            order.waves.append(wave)
            at = tick(at + min((last - at) / 3, timedelta(hours=3)))
        # Whoever is one too many hears it from the employer.
        total = sum(len(w.people) for w in order.waves)
        if total > order.text.headcount and order.waves:
            order.waves[-1].leaves.update(
                dict.fromkeys(order.waves[-1].people[-(total - order.text.headcount) :], order.waves[-1].offer or at)
            )

    def _leavers(self, rng: Random, order: PlannedOrder, wave: Wave) -> None:
        latest = order.starts - timedelta(hours=2, minutes=20)
        for key in wave.people:
            if wave.confirm and rng.random() < 0.05 and wave.confirm + 10 * MINUTE < latest:
                wave.leaves[key] = tick(wave.confirm + (latest - wave.confirm) * rng.random()) + 5 * MINUTE

    def crew(self, rng: Random, order: PlannedOrder, wanted: int) -> list[PlannedWorker]:
        """Choose free workers for a post: of the trade and from the desk nearby first."""
        code = posts.CODES[order.text.template.trade]
        needs = {order.first_date + timedelta(days=n) for n in range(order.days)}
        if order.text.end > 1440:
            needs |= {d + timedelta(days=1) for d in needs}
        pool = self._by_county[order.county.segment]
        if rng.random() < 0.06:
            pool = self.workers
        some = rng.sample(pool, min(len(pool), 30 + 6 * wanted))
        ready = [w for w in some if w.at < order.created and not (w.busy & needs)]
        scored = sorted(
            ready,
            key=lambda w: (-(2 * (code in w.trades) + (w.sector == order.text.template.sector) + 2 * (w.desk is order.desk)), w.key),
        )  # fmt: skip
        crew = scored[:wanted]
        for worker in crew:
            worker.busy |= needs
        return crew

    def _money(self, rng: Random, order: PlannedOrder) -> None:
        order.pay_channel = rng.choices(("cash", "wechat", "bank"), (45, 40, 15))[0]
        roll = rng.random()
        if roll > 0.965:
            order.pay_after = None
        elif roll > 0.85:
            order.pay_after = timedelta(hours=rng.choice((14, 18, 26, 50, 74)))
        order.denied = rng.random() < 0.03
        order.early_roll = rng.random() < 0.3
        order.nudge = (rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03))
        crew = [k for wave in order.waves for k in wave.people if k not in wave.leaves]
        if len(crew) > 1 and rng.random() < 0.04:
            order.absent = {crew[-1]}
        if rng.random() < 0.3:
            order.stars = (rng.choices((5, 4, 3), (70, 22, 8))[0], rng.choices((5, 4, 3, 2), (64, 24, 9, 3))[0])


def _short(name: str) -> str:
    return name.removesuffix("城乡一体化示范区") or "开封"


def tick(at: datetime) -> datetime:
    """Round to the five minutes in which the demo's clock steps."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def _open_hours(rng: Random, day: date, start: int, hours: int) -> datetime:
    return at_shanghai(day, time(start)) + 5 * MINUTE * rng.randrange(hours * 12)
