"""What the audit trail costs and how fast it verifies, in one run, with and without its triggers on the same database.

    python -m benchmarks.audit [--rows 20000] [--transactions 400] [--verify 1000000]

Prints the median of a small write transaction (two inserts, an update, an event) and of a registration (five rows with
personal values, an event) with the triggers on and off, interleaved; an import of `rows` people likewise; and the seconds
in which `audit_faults` goes through `verify` audit rows. Aims: +0.3 ms a small transaction, +25 % an import, 60 s.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import sqlalchemy as sa

import migrations
from linggong import tables
from linggong.app import registry
from linggong.kernel import anchors, postgres
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.people import importing, registration
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit
from linggong.people.models import ServiceLink
from rbac.rowsecurity import declared
from tenants.loading import load_preset_into

_BATCH = 20_000


def _number(n: int) -> str:
    first = f"410225{1960 + n // 12000 % 40}{1 + n // 1000 % 12:02d}05{n % 1000:03d}"
    return first + check_digit(first)


def _name(n: int) -> str:
    return f"李{chr(0x4E00 + n % 5000)}{chr(0x4E00 + n // 5000)}"


async def _switch(owner: asyncpg.Connection, *, on: bool) -> None:
    word = "ENABLE" if on else "DISABLE"
    for table in tables.metadata.sorted_tables:
        if not declared(table).audit:
            await owner.execute(f"ALTER TABLE {table.name} {word} TRIGGER audit")


async def _compare(owner: asyncpg.Connection, name: str, rounds: int, work: Callable[[], Awaitable[None]]) -> None:
    """Time `work` with the triggers on and off in turns, so that a busy machine slows both alike."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(8):
        on = turn % 2 == 0
        await _switch(owner, on=on)
        for number in range(rounds // 8 + 2):
            started = time.perf_counter()
            await work()
            if number >= 2:  # the first ones plan anew after the switch
                times[on].append(time.perf_counter() - started)
    await _switch(owner, on=True)
    on, off = (statistics.median(times[flag]) * 1000 for flag in (True, False))
    print(f"{name}: {on:.2f} ms with, {off:.2f} ms without, +{on - off:.2f} ms, ratio {on / off:.2f}")


async def run(
    info: postgres.ServerInfo, passwords: postgres.RolePasswords, secrets: Secrets, args: argparse.Namespace
) -> None:
    """Measure all of it."""
    owner = await asyncpg.connect(
        postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "linggong")
    )
    await load_preset_into(owner, "kaifeng")
    at = tenant_path(await owner.fetchval("SELECT path FROM nodes WHERE kind = 'station' ORDER BY path LIMIT 1"))
    app = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "linggong")
    database = Database(app, pool_size=2, sealer=secrets.sealer)
    clerk, scope = Actor(kind="staff", id=new_id(), post=at, role="station_clerk"), Scope(trees=(at,))
    people = iter(range(10_000_000))

    def link(uow: UnitOfWork) -> ServiceLink:
        return ServiceLink(id=new_id(), subject_id=new_id(), tenant=at, kind="order", started_at=uow.now)

    async def small() -> None:
        async with database.begin(clerk, scope) as uow:
            first = link(uow)
            uow.session.add_all([first, link(uow)])
            await uow.flush()
            await uow.execute(sa.update(ServiceLink).where(ServiceLink.id == first.id).values(ends_at=uow.now))
            await uow.emit(NewEvent(type="bench", chain=f"order:{first.id}", subject_id=first.id, tenant=at))

    async def register() -> None:
        n = next(people)
        form = WorkerForm(
            name=_name(n), id_number=_number(n), phone=f"138{n:08d}", trades=["6-29-99-00"], skill_level=0,
            pay_fen=18000, pay_unit="day",
        )  # fmt: skip
        async with database.begin(clerk, scope) as uow:
            slip = ProxyConsent(method="slip", evidence="0001")
            await registration.register_worker(uow, secrets.sealer, form, proxy=slip)

    async def bring_in(rows: int) -> float:
        out = io.StringIO()
        sheet = csv.writer(out)
        sheet.writerow(importing.REQUIRED)
        for n in (next(people) for _ in range(rows)):
            sheet.writerow((_name(n), _number(n), "本人手机", f"138{n:08d}", "6-29-99-00", "无等级", 180, "天"))
        started = time.perf_counter()
        async with database.begin(clerk, scope) as uow:
            report = await importing.import_people(
                uow, secrets.sealer, out.getvalue().encode(), "people.csv", tenant=at, skip_bad=True
            )
        if report.stored < rows * 0.9:
            raise RuntimeError(f"stored {report.stored} of {rows}")
        return time.perf_counter() - started

    await _compare(owner, "small transaction", args.transactions, small)
    await _compare(owner, "registration", args.transactions, register)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for on in (False, True, False, True):
        await _switch(owner, on=on)
        taken[on].append(await bring_in(args.rows // 2))
    print(
        f"import of {args.rows}: {sum(taken[True]):.1f} s with, {sum(taken[False]):.1f} s without, ratio {sum(taken[True]) / sum(taken[False]):.2f}"
    )
    held = await owner.fetchval("SELECT count(*) FROM audit_log")
    while held < args.verify:
        step = min(_BATCH, args.verify - held)
        await owner.execute(
            "INSERT INTO service_links (id, subject_id, tenant, kind, started_at) "
            "SELECT gen_random_uuid(), gen_random_uuid(), $1, 'order', now() FROM generate_series(1, $2)",
            at,
            step,
        )
        held += step
    report = await anchors.verify(owner)
    print(f"verify: {report.rows} rows in {report.seconds} s, {len(report.faults)} faults")
    await database.dispose()
    await owner.close()


def main() -> None:
    """Measure on a PostgreSQL of its own, which is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--transactions", type=int, default=400)
    parser.add_argument("--verify", type=int, default=1_000_000)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    try:
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, "linggong", data_dir=folder))
        migrations.upgrade(postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "linggong"))
        registry.register()
        asyncio.run(run(info, passwords, Secrets.load(folder), args))
    finally:
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
