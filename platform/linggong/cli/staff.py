"""`linggong staff`: the first accounts of a deployment, who holds which post, and the end of an account."""

from __future__ import annotations

import getpass
import secrets as random
import sys
from typing import TYPE_CHECKING, Any

import cyclopts

from linggong.cli.output import emit, note, table
from linggong.cli.tree import Json, with_database, with_uow
from rbac.roles import HELD_AT, ROLE_LABELS, STAFF_ROLES

if TYPE_CHECKING:
    from linggong.offices.queries import PostView

_ROLES = "\n".join(f"* {role.value} ({ROLE_LABELS[role]}): {', '.join(sorted(HELD_AT[role]))}" for role in STAFF_ROLES)
staff = cyclopts.App(
    name="staff",
    help="Staff accounts and posts.",
    help_epilogue=f"Roles and the kinds of place at which they are held:\n\n{_ROLES}",
    help_format="markdown",
)


@staff.command(help_epilogue=f"Roles and the kinds of place at which they are held:\n\n{_ROLES}")
def add(username: str, name: str, role: str, path: str, *, generate: bool = False, json: Json = False) -> int:
    """Create a staff account with its first post; later ones are made on the pages under /office.

    Parameters
    ----------
    role
        One of the roles listed below.
    path
        Path of the place of the post.
    generate
        Make a password and print it once; otherwise it is asked for, or read from standard input.
    """
    from linggong.people.staff import create_staff

    if generate:
        password = random.token_urlsafe(12)
    elif sys.stdin.isatty():
        password = getpass.getpass("password: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    account = with_uow(lambda uow: create_staff(uow, username, name, role, path, password))
    result = {"id": str(account), "username": username} | ({"password": password} if generate else {})
    emit(result, as_json=json)
    return 0


@staff.command
def reset(username: str, *, factor: bool = False, json: Json = False) -> int:
    """Put a set-up code in place of a password, for an administrator whom nobody else can help; it is printed once.

    All sessions of the account end. Its owner signs in with the code and chooses a password of his own.

    Parameters
    ----------
    username
        The account.
    factor
        Take the second factor as well: the telephone or the sheet is lost.
    """
    import sqlalchemy as sa

    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import SYSTEM
    from linggong.kernel.paths import EVERYWHERE
    from linggong.kernel.settings import Settings
    from linggong.people import security
    from linggong.people.models import Staff

    secrets = Secrets.load(Settings.from_env().data_dir)
    by = security.Administrator(SYSTEM, EVERYWHERE)

    async def run(database: Any) -> security.SetUpCode:
        async with database.system() as uow:
            staff_id = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username))
        if staff_id is None:
            raise ValueError(f"no account {username!r}")
        if factor:
            await security.reset_factor(database, by, staff_id)
        return await security.reset_password(database, secrets, by, staff_id)

    made = with_database(run)
    result = {"username": made.username, "code": made.code, "good_until": made.good_until.isoformat()}
    emit(result, as_json=json)
    return 0


@staff.command(name="list")
def list_(*, at: str = "/", role: str = "", json: Json = False) -> int:
    """List staff with the posts that they hold or will hold.

    Parameters
    ----------
    at
        Path of a place; everybody at it and below it.
    role
        Only those who hold this role.
    """
    from linggong.offices import queries

    async def read(uow: Any) -> list[queries.StaffLine]:
        filters = queries.StaffFilter(path=at, role=role)
        found: list[queries.StaffLine] = []
        cursor: str | None = None
        while True:
            page = await queries.staff_page(uow, filters, cursor=cursor, limit=100)
            found += page.items
            if page.next is None:
                return found
            cursor = page.next

    found = with_uow(read)
    if json:
        emit(found, as_json=True)
        return 0
    rows = []
    for line in found:
        posts = [(post.role, post.path, _until(post)) for post in line.posts] or [("", "", "")]
        rows += [(line.username, line.name, line.status, *post) for post in posts]
    table(rows, ("username", "name", "account", "role", "place", "until"))
    return 0


def _until(post: PostView) -> str:
    return "" if post.ends_at is None else f"{post.ends_at:%Y-%m-%d %H:%M} UTC"


@staff.command
def end(username: str, *, reason: str, json: Json = False) -> int:
    """End an account: its posts, sessions, open invitations and password, at once.

    Parameters
    ----------
    reason
        Why; goes into the event.
    """
    import sqlalchemy as sa

    from linggong.kernel.errors import NotFound
    from linggong.offices import accounts, queries
    from linggong.offices.posts import ReasonForm
    from linggong.people.models import Staff

    async def work(uow: Any) -> queries.StaffDetail:
        found = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username))
        if found is None:
            raise NotFound
        await accounts.end_account(uow, found, ReasonForm(reason=reason))
        return await queries.staff_detail(uow, found)

    detail = with_uow(work)
    if json:
        emit(detail, as_json=True)
    else:
        note(f"{detail.username} ({detail.name}) ended, with {len(detail.past)} posts in all")
    return 0
