"""The practice market as it is started: what is done in it changes no row of the real database, and knows no way there."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from small_city import City, _timers, city

from linggong.demo import sign_ins
from linggong.kernel import practice
from linggong.kernel.settings import Settings
from linggong.people.identity_numbers import check_digit
from linggong.prove.world import hashes

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["City", "_timers", "city"]
SECRET = "a-key-that-must-not-travel"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that PostgreSQL's own user reaches: another run's pytest locks the common one."""
    with TemporaryDirectory(prefix="linggong-practice-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def real(blank: TestDatabase, folder: Path, port: int) -> Settings:
    """A real deployment with everything that leads outside."""
    return Settings.from_env(
        {
            "DATABASE_URL": blank.app_dsn, "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn, "LINGGONG_DATA_DIR": str(folder),
            "LINGGONG_INSURER_URL": "https://insurer.test", "LINGGONG_INSURER_KEY": SECRET, "LINGGONG_SMS_URL": "https://sms.test",
            "LINGGONG_WECHAT_URL": "https://wechat.test", "LINGGONG_WECHAT_APPID": "wx1", "LINGGONG_SMS_KEY": SECRET, "LINGGONG_PRACTICE_PORT": str(port), "LINGGONG_TSA_URL": "https://tsa.test",
        }
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def token(page: str) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def up(client: httpx.Client, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 150
    while time.monotonic() < end:
        assert child.poll() is None, "the practice market ended by itself"
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the practice market did not come up")


def enter(client: httpx.Client, username: str) -> httpx.Response:
    """Press an account on the page of signing in."""
    client.cookies.clear()
    page = client.get("/sign-in/staff")
    assert f'value="{username}"' in page.text
    form = {"_csrf": token(page.text), "username": username, "password": sign_ins.PASSWORD, "next": ""}
    answer = client.post("/sign-in/staff", data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer


def register(client: httpx.Client, page: str) -> dict[str, Any]:
    first = "41020219700101001"
    worker = {
        "name": "王练习", "id_number": first + check_digit(first), "phone": "13900001111", "trades": ["6-29-99-00"],
        "skill_level": 0, "pay_fen": 18000, "pay_unit": "day",
    }  # fmt: skip
    body = {"worker": worker, "consent": {"method": "slip", "evidence": "0001"}}
    answer = client.post("/api/v1/workers", json=body, headers={"x-csrf-token": token(page)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_its_environment_says_nothing_of_the_real_one(blank: TestDatabase, tmp_path: Path) -> None:
    settings = real(blank, tmp_path, 8123)
    outer = {"PATH": "/bin", "DATABASE_URL": blank.app_dsn, "PGPASSWORD": SECRET, "LINGGONG_SEAL_P12": "/seal.p12"}
    made = practice.environment(settings, outer)
    inner = Settings.from_env(made)
    assert inner == replace(
        Settings.from_env({}), data_dir=tmp_path / "practice", port=8123, practice_port=0, demo_days=2, pool_size=5,
        real_url="http://127.0.0.1:8000", log_level="WARNING",
    )  # fmt: skip
    text = "\n".join(made.values())
    for leak in (
        SECRET,
        blank.app_dsn,
        blank.owner_dsn,
        blank.name,
        "insurer.test",
        "sms.test",
        "tsa.test",
        "/seal.p12",
    ):
        assert leak not in text


@pytest.mark.prove
@pytest.mark.timeout(600)
async def test_what_is_done_there_changes_no_row_here(blank: TestDatabase, city: City, folder: Path) -> None:
    owner = await blank.owner()
    before = await hashes(owner)
    port = free_port()
    made = practice.environment(real(blank, folder, port)) | {"LINGGONG_DEMO_DAYS": "0"}
    child = subprocess.Popen([sys.executable, "-m", "linggong", "practice"], env=made)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            up(client, child)
            desk = enter(client, "clerk")
            assert "训练模式：这里的一切都不是真的" in desk.text
            assert {c.partition("_")[0] for c in client.cookies} == {"lgp"}
            register(client, desk.text)
            answer = client.post(
                "/api/v1/queue/tickets", json={"number": "13900001111"}, headers={"x-csrf-token": token(desk.text)}
            )
            assert answer.status_code == 201, answer.text
            found = client.get("/api/v1/workers").json()["items"]
            assert sorted(w["name"] for w in found) == ["刘**", "张**", "王**"]
            # A clerk starts nothing afresh; the manager does, for everybody.
            assert client.post("/practice/reset", data={"_csrf": token(desk.text)}).status_code == 403
            page = enter(client, "manager").text
            assert "正在重来" in client.post("/practice/reset", data={"_csrf": token(page)}).text
            end = time.monotonic() + 60
            while (folder / "practice" / practice.RESET).exists() and time.monotonic() < end:
                time.sleep(0.2)
            up(client, child)
            enter(client, "clerk")
            assert len(client.get("/api/v1/workers").json()["items"]) == 2
    finally:
        child.terminate()
        child.wait(60)
    assert child.returncode == 0
    assert await hashes(owner) == before
    await owner.close()
