"""Every permission has words, and only permissions have."""

from __future__ import annotations

from rbac.labels import GROUP_LABELS, PERMISSION_LABELS, grouped
from rbac.permissions import Permission


def test_no_permission_is_without_words_and_no_two_share_them() -> None:
    assert set(PERMISSION_LABELS) == set(Permission)
    assert len(set(PERMISSION_LABELS.values())) == len(PERMISSION_LABELS)
    assert all(not any(c.isascii() and c.isalpha() for c in words) for words in PERMISSION_LABELS.values())


def test_every_object_type_has_a_heading() -> None:
    assert set(GROUP_LABELS) == {p.object for p in Permission}


def test_words_are_grouped_under_their_headings() -> None:
    assert grouped([Permission.STAFF_READ, Permission.PERSON_REVEAL, Permission.PERSON_READ]) == {
        "零工": ["查零工（号码遮盖）", "看零工的完整号码（写明用途，留记录）"],
        "工作人员和权限": ["看工作人员和岗位"],
    }
    assert len(grouped(Permission)) == len(set(GROUP_LABELS.values()))
