"""What happens at the dawn: people at the window and on their phones, employers who post, walls that keep themselves fresh."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg

from benchmarks.dawn_people import City, Human, Station
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.market.classifier import training_titles
from linggong.market.forms import ADVICE
from linggong.market.sample_posts import good_title

_LINES: Final = 64
"""Connections that are kept open: what a proxy in front would hold."""
_TYPING: Final = (2.0, 6.0)
"""Seconds that somebody needs to read a code and to type it: messages leave in batches, their readers do not."""
_CODE = re.compile(r"验证码 (\d{6})")


class Line:
    """One keep-alive connection that speaks just enough HTTP/1.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; returns status, headers and body."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        reader, writer = self._streams
        lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        writer.write(
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        told = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        text = await reader.readexactly(int(told.get("content-length", "0")))
        return int(head[0].split(" ")[1]), told, text


class Dawn:
    """The play and what was measured; times in seconds."""

    def __init__(self, city: City, port: int, rng: random.Random) -> None:
        self.city, self.port, self.rng = city, port, rng
        self.took: dict[str, list[float]] = defaultdict(list)
        self.minutes: dict[int, list[float]] = defaultdict(list)
        """What requests of each minute took."""
        self._begun = time.perf_counter()
        self.refused: Counter[str] = Counter()
        self.sms: list[float] = []
        self.heard: list[float] = []
        self.signed = self.posted = self.published = self.lost = 0
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        for _ in range(_LINES):
            self._lines.put_nowait(Line(port))
        self._codes: dict[str, asyncio.Future[str]] = {}
        self._walls: list[asyncio.Task[None]] = []
        self._told: dict[int, float] = {}
        """When somebody last signed in at a station, until its wall has heard of it."""
        self._titles: list[tuple[str, str]] = []
        self.waits: Counter[str] = Counter()
        """Why posts wait for a person, by the code of what was found."""

    async def ask(
        self, name: str, method: str, path: str, *, token: str = "", csrf: str = "", address: str = "", body: Any = None
    ) -> Any:
        """Send a request as somebody and note how long it took; None when it was refused."""
        headers = {"x-forwarded-for": address or "10.0.0.1", "accept": "application/json"}
        if token:
            headers |= {"cookie": f"lg_session={token}"}
        if csrf:
            headers |= {"x-csrf-token": csrf}
        data = b"" if body is None else json.dumps(body).encode()
        if data:
            headers |= {"content-type": "application/json"}
        line = await self._lines.get()
        try:
            begun = time.perf_counter()
            status, told, text = await line.ask(method, path, headers, data)
            took = time.perf_counter() - begun
            self.took[name].append(took)
            self.minutes[int((begun - self._begun) // 60)].append(took)
        finally:
            self._lines.put_nowait(line)
        if status >= 400:
            self.refused[f"{name}: {status} {text[:160].decode(errors='replace')}"] += 1
            return None
        if "set-cookie" in told and "lg_session=" in told["set-cookie"]:
            return {
                **json.loads(text or b"{}"),
                "_token": told["set-cookie"].split("lg_session=", 1)[1].split(";", 1)[0],
            }
        return json.loads(text) if "json" in told.get("content-type", "") else text

    # ---- people ----

    async def at_the_window(self, who: Human) -> None:
        """A clerk types his number."""
        at = self.city.stations[who.station]
        done = await self.ask("window: number typed", "POST", "/api/v1/queue/tickets", token=at.clerk, csrf=at.csrf,
                              address=_desk(who.station), body={"number": who.phone})  # fmt: skip
        self._came(who, done)

    async def on_the_phone(self, who: Human, n: int) -> None:
        """He signs in by SMS, looks at the board, and takes his number."""
        address = f"10.{1 + n // 60000}.{n // 250 % 240}.{1 + n % 250}"
        coming = self._codes[who.phone] = asyncio.get_running_loop().create_future()
        if (
            await self.ask("phone: code", "POST", "/api/v1/sign-in/code", address=address, body={"phone": who.phone})
            is None
        ):
            return
        sent = time.perf_counter()
        code = await asyncio.wait_for(coming, 60)
        self.sms.append(time.perf_counter() - sent)
        await asyncio.sleep(self.rng.uniform(*_TYPING))
        proof = await self.ask(
            "phone: code typed", "POST", "/api/v1/sign-in/phone", address=address, body={"phone": who.phone, "code": code}
        )  # fmt: skip
        if proof is None:
            return
        signed = await self.ask(
            "phone: signed in", "POST", "/api/v1/sign-in/person", address=address,
            body={"proof": proof["proof"], "person_id": proof["people"][0]["id"]},
        )  # fmt: skip
        if signed is None:
            return
        station: Station = self.city.stations[who.station]
        county = "/".join(station.path.split("/")[:3]) + "/"
        await self.ask(
            "phone: board", "GET", f"/api/v1/board?area={quote(county, safe='')}", token=signed["_token"], address=address
        )  # fmt: skip
        done = await self.ask(
            "phone: number taken", "POST", "/api/v1/my/number", token=signed["_token"], csrf=signed["csrf_token"],
            address=address, body={"code": station.code},
        )  # fmt: skip
        self._came(who, done)

    def _came(self, who: Human, done: Any) -> None:
        if done is not None:
            self.signed += 1
            self._told.setdefault(who.station, time.perf_counter())

    async def post(self, n: int) -> None:
        """An employer posts work of the same morning."""
        boss = self.city.bosses[n % len(self.city.bosses)]
        title, code = self._titles[n]
        day = clock.business_date(self.city.day)
        begin = clock.at_shanghai(day, clock.shanghai(self.city.day).time()) + timedelta(hours=self.rng.choice((3, 4, 5)))  # fmt: skip
        form = {
            "title": good_title(title, code), "trade_code": code, "headcount": self.rng.choice((1, 2, 2, 3, 4, 6, 10)),
            "place": f"东关大街{self.rng.randint(1, 400)}号", "division_code": boss.division, "latitude": 34.82, "longitude": 114.35,
            "starts_at": begin.isoformat(), "ends_at": (begin + timedelta(hours=9)).isoformat(), "meal_minutes": 60,
            "pay_fen": self.rng.randrange(180, 320, 10) * 100, "pay_unit": "day", "settlement": "daily", "pay_channel": "cash",
            "contact_name": "王师傅", "contact_phone": boss.phone, "description": "听带班的安排。", "job_form": "temporary",
            "legal_form": "service", "submit": True,
        }  # fmt: skip
        done = await self.ask("employer: post", "POST", "/api/v1/orders/", token=boss.token, csrf=boss.csrf,
                              address=f"10.200.{n % 200}.{n // 200 + 1}", body=form)  # fmt: skip
        if done is not None:
            self.posted += 1
            if done["state"] == "O_REVIEW":
                self.waits.update(f["code"] for f in done["findings"] if f["code"] not in ADVICE)
            else:
                self.published += 1

    async def play(self, sign_ins: int, orders: int, seconds: float, app_dsn: str, folder: Path) -> None:
        """Let everybody come at his time."""
        known = training_titles()
        # Made beforehand: the lint that a good title passes would cost more than all requests.
        self._titles = [(good_title(title, code), code) for title, code in self.rng.choices(known, k=orders)]
        plan = [(self.rng.uniform(0, seconds), "sign", n) for n in range(sign_ins)]
        plan += [(self.rng.uniform(0, seconds), "post", n) for n in range(orders)]
        plan.sort()
        reading = asyncio.create_task(self._read_messages(app_dsn, folder))
        self._begun = begun = time.perf_counter()
        self.minutes.clear()
        running = set[asyncio.Task[None]]()
        for at, what, n in plan:
            await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
            one = self.post(n) if what == "post" else self._arrives(n)
            task = asyncio.create_task(one)
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    def _arrives(self, n: int) -> Any:
        who = self.city.people[n]
        return self.at_the_window(who) if n // len(self.city.stations) % 2 else self.on_the_phone(who, n)

    async def _read_messages(self, app_dsn: str, folder: Path) -> None:
        """Stand for the phones' screens: a message that the gateway took is read where its text is kept."""
        sealer = Secrets.load(folder).sealer
        own = await asyncpg.connect(app_dsn)
        seen = clock.utc(self.city.day) - timedelta(minutes=5)
        done: set[Any] = set()
        try:
            while True:
                async with own.transaction():
                    await own.execute("SELECT set_config('app.kind', 'system', true)")
                    rows = await own.fetch(
                        "SELECT id, number_sealed, text_sealed, handed_at FROM out_messages WHERE handed_at > $1 ORDER BY handed_at",
                        seen,
                    )
                for row in rows:
                    seen = max(seen, row["handed_at"] - timedelta(seconds=30))
                    if row["id"] in done:
                        continue
                    done.add(row["id"])
                    number = sealer.open(row["number_sealed"], f"out_messages.number_sealed.{row['id']}")
                    found = _CODE.search(sealer.open(row["text_sealed"], f"out_messages.text_sealed.{row['id']}"))
                    waiting = self._codes.get(number)
                    if found and waiting is not None and not waiting.done():
                        waiting.set_result(found[1])
                await asyncio.sleep(0.2)
        finally:
            await own.close()

    # ---- walls ----

    async def open_walls(self) -> None:
        """Open every wall: its page, and its stream."""
        self._walls = [asyncio.create_task(self._wall(n, token)) for n, token in enumerate(self.city.walls)]
        await asyncio.sleep(3)

    async def close_walls(self) -> None:
        """Shut them."""
        for task in self._walls:
            task.cancel()
        await asyncio.gather(*self._walls, return_exceptions=True)

    async def _wall(self, n: int, token: str) -> None:
        """Hear what changes and fetch the page anew, no sooner and no later than the wall's script does (static/hall.js)."""
        due = [time.perf_counter() + 60.0]
        fetching = asyncio.create_task(self._fetch_when_due(n, token, due))
        try:
            while True:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(
                        f"GET /screen/{token}/live HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\naccept: text/event-stream\r\n"
                        f"x-forwarded-for: {_desk(n)}\r\n\r\n".encode()
                    )
                    head = await reader.readuntil(b"\r\n\r\n")
                    if b" 200 " not in head.split(b"\r\n", 1)[0]:
                        self.refused[f"wall stream: {head[:60]!r}"] += 1
                        return
                    kind = b""
                    while line := await reader.readline():
                        if line.startswith(b"event:"):
                            kind = line
                        elif line.startswith(b"data:") and b"change" in kind:
                            self._heard(n, b"hall" in line, due)
                finally:
                    writer.close()
                self.lost += 1
        finally:
            fetching.cancel()

    def _heard(self, n: int, here: bool, due: list[float]) -> None:
        now = time.perf_counter()
        if here and n in self._told:
            self.heard.append(now - self._told.pop(n))
        soon = now + (0.4 + self.rng.random() * 1.2 if here else 8 + self.rng.random() * 8)
        due[0] = min(due[0], soon)

    async def _fetch_when_due(self, n: int, token: str, due: list[float]) -> None:
        while True:
            await asyncio.sleep(0.1)
            if time.perf_counter() >= due[0]:
                due[0] = time.perf_counter() + 60.0
                await self.ask("wall: page", "GET", f"/screen/{token}", address=_desk(n))


def _desk(n: int) -> str:
    return f"10.250.{n // 250}.{n % 250 + 1}"
