"""Made-up people and employers: names by Faker, numbers of our own with correct check characters and invented content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from faker import Faker
from stdnum.cn import uscc as stdnum_uscc

from linggong.kernel.chance import repeatable
from linggong.people.identity_numbers import check_digit

_ORGANISATION = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_HEADS = "宏盛恒瑞金汴宋中兴鑫和顺豫德隆祥福泰东方华信安达康源"
_TAILS = "达源泰兴盛和顺发祥隆丰茂通利昌"


class Folk:
    """Hands out people that do not repeat; the same seed gives the same people in the same order."""

    def __init__(self, seed: str) -> None:
        self.rng = repeatable(seed)
        self._faker = Faker("zh_CN")
        self._faker.seed_instance(seed)
        self._used: set[str] = set()

    def sex(self, male: float = 0.6) -> str:
        """Return 男 or 女."""
        return "男" if self.rng.random() < male else "女"

    def name(self, sex: str) -> str:
        """Return a person's name."""
        name: str = self._faker.name_male() if sex == "男" else self._faker.name_female()
        return name

    def phone(self) -> str:
        """Return a mobile number that nobody here has yet."""
        return self._once(lambda: str(self._faker.phone_number()))

    def id_number(self, county: str, sex: str, born: date) -> str:
        """Return an identity number with a correct check character; the six-digit area is the county's."""

        def make() -> str:
            order = self.rng.randrange(1, 500) * 2 - (1 if sex == "男" else 0)
            body = f"{county}{born:%Y%m%d}{order:03d}"
            return body + check_digit(body)

        return self._once(make)

    def birth(self, today: date) -> date:
        """Return a day of birth: most are 45 to 68, some younger."""
        roll = self.rng.random()
        age = self.rng.randint(45, 68) if roll < 0.78 else self.rng.randint(22, 44) if roll < 0.97 else 19
        return today - timedelta(days=age * 365 + self.rng.randint(5, 360))

    def uscc(self, county: str, kind: str) -> str:
        """Return a credit code with a correct check character."""
        head = {"enterprise": "91", "individual_business": "92", "cooperative": "93"}[kind]

        def make() -> str:
            organisation = "".join(self.rng.choice(_ORGANISATION) for _ in range(9))
            body = f"{head}{county}{organisation}"
            return body + str(stdnum_uscc.calc_check_digit(body))

        return self._once(make)

    def firm(self, place: str, ending: str) -> str:
        """Return the name of an organisation at a place."""
        return self._once(lambda: f"{place}{self.rng.choice(_HEADS)}{self.rng.choice(_TAILS)}{ending}")

    def _once(self, make: Callable[[], str]) -> str:
        for _ in range(1000):
            value = make()
            if value not in self._used:
                self._used.add(value)
                return value
        raise RuntimeError("no unused value left")
