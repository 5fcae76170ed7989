"""How posts, accounts and contracts are told on the pages of the offices."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from linggong.kernel import clock
from linggong.offices.operator_queries import ContractView
from linggong.offices.previews import PlaceGain, PostChange, Preview
from linggong.offices.queries import PostView, StaffLine

Line = dict[str, object]
CONTRACT_STATES = {
    "running": ("执行中", "go"),
    "coming": ("未开始", "wait"),
    "over": ("已到期", "off"),
    "terminated": ("已终止", "off"),
}


def day(at: datetime) -> date:
    """Return the day in the city."""
    return clock.business_date(at)


def last_day(ends_at: datetime | None) -> date | None:
    """Return the last day on which something holds that ends at an instant."""
    return None if ends_at is None else clock.business_date(ends_at - timedelta(microseconds=1))


def period(post: PostView) -> str:
    """Return from when to when a post is held."""
    until = last_day(post.ends_at)
    return f"{day(post.starts_at)} 起" + (f"，到 {until}" if until is not None else "，长期")


def post_line(post: PostView, *, may_grant: bool, may_end: bool) -> Line:
    """Return a post as a row of a table."""
    stands = post.stands_in_for
    return {
        "id": str(post.id),
        "role": post.role_label,
        "place": post.place,
        "path": post.path,
        "period": period(post),
        "state": post.state,
        "stands_in": stands is not None,
        "stands_in_for": stands or "上级的同事" if stands is not None else "",
        "granted_by": post.granted_by or "上级",
        "contract": post.contract or "",
        "ended": f"{post.ended_by or '到期或上级'}：{post.end_reason}" if post.end_reason else "到期",
        "may_grant": may_grant and stands is None,
        "may_end": may_end,
    }


def account_state(status: str, invited_until: datetime | None, posts: list[PostView]) -> tuple[str, str]:
    """Return the state of an account in a word and the tone in which it is shown."""
    if status == "ended":
        return "已停用", "off"
    if invited_until is not None:
        return "未启用", "wait"
    if any(p.state == "now" for p in posts):
        return "在岗", "go"
    return ("待上岗", "wait") if posts else ("没有岗位", "off")


def staff_line(line: StaffLine) -> Line:
    """Return a member of staff as a row of the list."""
    state, tone = account_state(line.status, line.invited_until, line.posts)
    return {
        "id": str(line.id),
        "name": line.name,
        "username": line.username,
        "state": state,
        "tone": tone,
        "at": line.last_sign_in_at,
        "posts": [
            {
                "role": p.role_label,
                "place": p.place,
                "stands_in": p.stands_in_for is not None,
                "until": last_day(p.ends_at),
                "coming": day(p.starts_at) if p.state == "coming" else None,
            }
            for p in line.posts
        ],
    }


def contract_line(contract: ContractView) -> Line:
    """Return a contract as a row of the list."""
    state, tone = CONTRACT_STATES[contract.state]
    return {
        "id": str(contract.id),
        "operator": contract.operator,
        "number": contract.number,
        "period": f"{contract.starts_on} 到 {contract.ends_on}",
        "ends_on": contract.ends_on,
        "state": state,
        "tone": tone,
        "places": "、".join(p.name for p in contract.places) or "（不在您的范围内）",
        "county": contract.county.name,
        "note": contract.note,
    }


def preview(found: Preview) -> dict[str, list[Line]]:
    """Return a preview for the page: by place, then by heading."""

    def places(gains: list[PlaceGain]) -> list[Line]:
        return [
            {
                "place": g.place,
                "count": sum(len(group.words) for group in g.groups),
                "groups": [{"heading": group.heading, "words": group.words} for group in g.groups],
            }
            for g in gains
        ]

    return {"gives": places(found.gives), "takes": places(found.takes)}


def post_change(change: PostChange) -> Line:
    """Return a post that a change of its contract touches as a row of the preview."""
    return {
        "name": change.name,
        "role": change.post.role_label,
        "place": change.post.place,
        "was": period(change.post),
        "becomes": "马上结束" if change.becomes is None else period(change.becomes),
        "tone": "danger" if change.becomes is None else "wait",
    }
