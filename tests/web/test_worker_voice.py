"""The server's voice: the card of a job and the terms as sound, in parts for who asks so, and a county's own clips (section 7.10)."""

from __future__ import annotations

import io
import math
import wave
from array import array
from datetime import datetime
from pathlib import Path

from browsing import Browsers

from linggong.kernel.clock import SHANGHAI
from linggong.speech.voice import RATE, Voice, array_of
from linggong.web.portal.spoken import moment


def _tone(path: Path, seconds: float, rate: int, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = (round(20_000 * math.sin(i / 9)) for i in range(int(seconds * rate)) for _ in range(channels))
        out.writeframes(array("h", samples).tobytes())


def test_times_are_said_as_people_say_them() -> None:
    now = datetime(2026, 11, 26, 21, 0, tzinfo=SHANGHAI)
    for at, words in (
        (now.replace(day=27, hour=5, minute=40), "明天早上5点40分"),
        (now.replace(day=26, hour=23), "今天晚上11点"),
        (now.replace(day=28, hour=12, minute=30), "后天下午12点30分"),
        (now.replace(day=30, hour=9), "11月30号上午9点"),
    ):
        assert moment(at, now) == words


async def test_a_job_is_spoken_and_kept(browsers: Browsers) -> None:
    _, code = await browsers.post(benefits=["meal"])
    anybody = await browsers.anybody()
    assert f'href="/orders/{code}/say.wav" data-read="said"' in (await anybody.get(f"/orders/{code}")).text
    whole = await anybody.get(f"/orders/{code}/say.wav")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    samples = array_of(whole.content)
    assert 5 < len(samples) / RATE < 40
    assert max(samples) > 5000, "somebody speaks"
    kept = list((browsers.app.state.settings.data_dir / "speech").glob("*.wav"))
    assert [k.read_bytes() for k in kept] == [whole.content]
    part = await anybody.get(f"/orders/{code}/say.wav", headers={"range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, whole.content[:2])
    assert part.headers["content-range"] == f"bytes 0-1/{len(whole.content)}"
    tail = await anybody.get(f"/orders/{code}/say.wav", headers={"range": "bytes=-4"})
    assert tail.content == whole.content[-4:]
    odd = await anybody.get(f"/orders/{code}/say.wav", headers={"range": "bytes=9-3"})
    assert odd.status_code == 200
    assert (await anybody.get("/orders/KF-0000-XXXX/say.wav")).status_code == 404


async def test_the_nearest_clip_of_a_phrase_is_played(tmp_path: Path) -> None:
    voice = Voice(tmp_path)
    _tone(tmp_path / "clips/4102/日结.wav", 1.0, 22_050)
    _tone(tmp_path / "clips/4102/25/日结.wav", 2.0, 8_000, channels=2)
    pause = RATE // 4
    county = array_of(await voice.public(["日结"], "/4102/25/001/s01/"))
    city = array_of(await voice.public(["日结"], "/4102/02/003/"))
    assert abs(len(county) - 2 * RATE - pause) < 10
    assert abs(len(city) - RATE - pause) < 10
    # A clip that is no sound is spoken by the machine; a new one is heard at once.
    (tmp_path / "clips/4102/02").mkdir()
    (tmp_path / "clips/4102/02/日结.wav").write_bytes(b"not a sound")
    spoken = array_of(await voice.public(["日结"], "/4102/02/003/"))
    assert len(spoken) != len(city)
    with wave.open(io.BytesIO(await voice.private(["../../日结", "日结"], "/4102/25/"))) as heard:
        assert heard.getframerate() == RATE
