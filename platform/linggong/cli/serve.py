"""`run`, `serve`, `worker`, `db`: bringing the market up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import cyclopts

from linggong.cli.output import note
from linggong.kernel.settings import Settings

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

    from linggong.cli.alone import Hold
    from linggong.cover.insurer import HttpInsurer
    from linggong.kernel.crypto import Secrets
    from linggong.phones.gateway import HttpGateway
    from linggong.phones.wechat.client import HttpMessages
    from linggong.wages.wechat.client import HttpWechat

db = cyclopts.App(name="db", help="The database: start, upgrade, stop.")


def run() -> int:
    """Bring everything up on this machine: PostgreSQL, schema, the demo city when empty, the server and the worker."""
    from linggong.cli import alone
    from linggong.kernel.postgres_host import EmbeddedServerError

    settings = Settings.from_env()
    try:
        with alone.alone(settings) as hold:
            return _run(settings, hold)
    except (alone.NotAlone, EmbeddedServerError) as error:
        note(str(error))
        return 1


def _run(settings: Settings, hold: Hold) -> int:
    from linggong.app import runtime

    prepared = runtime.prepare(settings)
    if asyncio.run(runtime.is_empty(prepared.owner)):
        _fill(settings, prepared)
    # Fresh processes: the server forks its workers, and what this one has opened (threads, pools) must not be inherited.
    children = [
        subprocess.Popen([sys.executable, "-m", "linggong", part], start_new_session=True)  # noqa: S603
        for part in ("serve", "worker")
    ]
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=_announce, args=(settings, stopping), daemon=True).start()
    beside: list[subprocess.Popen[bytes]] = []
    threading.Thread(target=_practice, args=(settings, stopping, beside), daemon=True).start()
    while not stopping.is_set() and all(child.poll() is None for child in children):
        stopping.wait(0.2)
    failed = not stopping.is_set()
    stopping.set()
    hold.stopping()
    _end([*children, *beside])
    if prepared.embedded:
        from linggong.kernel import postgres

        postgres.stop(settings.data_dir)
    return 1 if failed else 0


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask the children to finish what is in hand, and wait for them."""
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(25)
        except subprocess.TimeoutExpired:
            child.kill()


def _practice(settings: Settings, stopping: threading.Event, beside: list[subprocess.Popen[bytes]]) -> None:
    """Start the practice market once the real one answers, so that it costs its start nothing."""
    from linggong.kernel import practice

    if settings.practice_port and _answers(f"http://127.0.0.1:{settings.port}", stopping) and not stopping.is_set():
        command = [sys.executable, "-m", "linggong", "practice"]
        quiet = subprocess.DEVNULL
        beside.append(
            subprocess.Popen(  # noqa: S603
                command, env=practice.environment(settings), start_new_session=True, stdout=quiet, stderr=quiet
            )
        )


def serve() -> int:
    """Serve the web app on a database that is already prepared (production: one process group, `worker` beside it)."""
    return serve_app("linggong.app.application:create")


def worker() -> int:
    """Run background jobs: timers, messages, imports. Ends cleanly on SIGTERM."""
    from linggong.app import registry, runtime
    from linggong.cover import line
    from linggong.kernel import logs, tasks
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import Database
    from linggong.phones import line as sms_line
    from linggong.phones.wechat import line as messages_line
    from linggong.publishing.upward import line as province_line
    from linggong.wages.wechat import line as wechat_line

    settings = Settings.from_env()
    logs.configure(settings.log_format, settings.log_level)
    registry.register()
    dsn = runtime.app_dsn(settings)
    # Where the machine is short of time, whoever stands at the counter comes first.
    os.nice(5)

    async def work() -> None:
        keys = Secrets.load(settings.data_dir)
        database = Database(dsn, pool_size=3, sealer=keys.sealer)
        await database.check_role()
        insurer, standin = _insurer(settings, keys)
        line.use(insurer, keys.sealer)
        gateway, sms_standin = _gateway(settings, keys)
        sms_line.use(gateway, keys.sealer)
        wechat, wechat_standin = _wechat(settings)
        wechat_line.use(
            wechat, keys.sealer, appid=settings.wechat_appid or wechat_line.STAND_IN_APP, address=settings.address
        )
        messages, messages_standin = _wechat_messages(settings)
        messages_line.use(messages, keys.sealer)
        province = province_line.client_of(settings)
        province_line.use(province)
        try:
            await tasks.run_worker(dsn, database)
        finally:
            for client in (insurer, gateway, wechat, messages, province):
                if client is not None:
                    await client.aclose()
            for server in (standin, sms_standin, wechat_standin, messages_standin):
                if server is not None:
                    server.shutdown()
            await database.dispose()

    asyncio.run(work())
    return 0


def _insurer(settings: Settings, keys: Secrets) -> tuple[HttpInsurer | None, ThreadingHTTPServer | None]:
    """Return the insurer of the settings; in dev mode, without one, a stand-in of our own on a free port of the loopback."""
    from linggong.cover import line, standin
    from linggong.cover.insurer import HttpInsurer

    if settings.insurer_url or not settings.dev:
        return line.insurer_of(settings, keys), None
    key = line.key_of(settings, keys)
    server = standin.serve(standin.StandIn(key), platform_url=f"http://127.0.0.1:{settings.port}")
    return HttpInsurer(f"http://127.0.0.1:{server.server_address[1]}", key), server


def _gateway(settings: Settings, keys: Secrets) -> tuple[HttpGateway | None, ThreadingHTTPServer | None]:
    """Return the gateway of the settings; in dev mode, without one, a stand-in of our own on a free port of the loopback."""
    from linggong.phones import line, standin
    from linggong.phones.gateway import HttpGateway

    if settings.sms_url or not settings.dev:
        return line.gateway_of(settings, keys), None
    key = line.key_of(settings, keys)
    server = standin.serve(standin.StandIn(key), platform_url=f"http://127.0.0.1:{settings.port}")
    return HttpGateway(f"http://127.0.0.1:{server.server_address[1]}", key), server


def _wechat(settings: Settings) -> tuple[HttpWechat | None, ThreadingHTTPServer | None]:
    """Return the WeChat Pay of the settings; in dev mode, without one, a stand-in of our own on a free port of the loopback."""
    from linggong.wages.wechat import line, standin, standin_http
    from linggong.wages.wechat.client import HttpWechat

    if not settings.wechat_stand_in:
        return line.client_of(settings), None
    made = standin.StandIn(standin.Books.load(settings.data_dir))
    server = standin_http.serve(made, platform_url=f"http://127.0.0.1:{settings.port}")
    note(f"the stand-in for WeChat Pay shows what it paid at http://127.0.0.1:{server.server_address[1]}/")
    return HttpWechat(f"http://127.0.0.1:{server.server_address[1]}"), server


def _wechat_messages(settings: Settings) -> tuple[HttpMessages | None, ThreadingHTTPServer | None]:
    """Return the WeChat of the settings that takes messages; in dev mode, without one, a stand-in of our own on a free port."""
    from linggong.phones.wechat import line, standin
    from linggong.phones.wechat.client import HttpMessages
    from linggong.wages.wechat import standin_http

    if settings.wechat_msg_url or not settings.dev:
        return line.client_of(settings), None
    server = standin_http.serve(standin.StandIn(platform_url=f"http://127.0.0.1:{settings.port}"))
    note(f"the stand-in for WeChat's messages shows what came at http://127.0.0.1:{server.server_address[1]}/")
    return HttpMessages(f"http://127.0.0.1:{server.server_address[1]}", standin.APP), server


@db.command
def upgrade() -> int:
    """Start the embedded server if it is ours, make roles and bring the schema up to date."""
    from linggong.app import runtime

    runtime.prepare(Settings.from_env())
    note("the database is up to date")
    return 0


@db.command
def stop() -> int:
    """Stop the embedded server of the data directory."""
    from linggong.kernel import postgres

    note("stopped" if postgres.stop(Settings.from_env().data_dir) else "was not running")
    return 0


@db.command
def bootstrap(superuser_url: str, database: str = "linggong") -> int:
    """On an outside PostgreSQL: make the two roles and the database once, and print the two URLs to set.

    Parameters
    ----------
    superuser_url
        postgresql:// URL of a role that may create roles and databases.
    database
        Name of the database to make.
    """
    from sqlalchemy.engine import make_url

    from linggong.kernel import postgres

    settings = Settings.from_env()
    passwords = asyncio.run(postgres.bootstrap_roles(superuser_url, database, data_dir=settings.data_dir))
    url = make_url(superuser_url)
    for name, role, password in (
        ("DATABASE_URL", postgres.APP_ROLE, passwords.app),
        ("LINGGONG_OWNER_DATABASE_URL", postgres.OWNER_ROLE, passwords.owner),
    ):
        shown = url.set(username=role, password=password, database=database)
        print(f"export {name}='{shown.render_as_string(hide_password=False)}'")
    return 0


def serve_app(factory: str) -> int:
    """Serve what `factory` ("module:function") makes as the settings say; a benchmark gives one whose clock runs faster."""
    from granian import Granian
    from granian.constants import Interfaces

    settings = Settings.from_env()
    server: Any = Granian(
        factory,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        websockets=False,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
        workers_kill_timeout=20,
        # An open page holds one for as long as it is looked at (web/live.py lets in 5,000); the pool holds back the rest.
        backpressure=6000,
    )
    server.serve()
    return 0


def _fill(settings: Settings, prepared: Any) -> None:
    from linggong.cli import data

    note(f"empty database: loading {settings.preset}" + (f", demo days: {settings.demo_days}" if settings.dev else ""))
    data.fill_empty(settings, prepared)


def _announce(settings: Settings, stopping: threading.Event) -> None:
    """Print the addresses and sign-ins once the server answers."""
    base = f"http://{'127.0.0.1' if settings.host in {'0.0.0.0', '::'} else settings.host}:{settings.port}"  # noqa: S104
    if not _answers(base, stopping):
        if not stopping.is_set():
            note(f"the server did not become ready at {base}")
            stopping.set()
        return
    print(f"\n  零工通 is ready: {base}/\n", flush=True)
    if settings.dev:
        from linggong.demo import hall, sign_ins

        # Screens come with the days of Kaifeng's market; the other places start with accounts alone.
        for line in [*sign_ins.lines(base), *(hall.lines(base) if settings.preset == "kaifeng" else ())]:
            print(f"  {line}", flush=True)
        print(flush=True)


def _answers(base: str, stopping: threading.Event) -> bool:
    """Wait up to a minute until the server is ready."""
    import urllib.error
    import urllib.request

    for _ in range(600):
        if stopping.is_set():
            return False
        try:
            with urllib.request.urlopen(f"{base}/health/ready", timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    return False
