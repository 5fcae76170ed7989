"""A stand-in for an insurer: decides by age and occupation class, and misbehaves when told to (`kernel.standin`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

import msgspec

from linggong.cover import protocol
from linggong.cover.protocol import Change, Enrolment, InjuryNotice, Reply, Withdrawal
from linggong.kernel import clock, standin
from linggong.kernel.standin import InProcess, Spoken, serve

__all__ = ["InProcess", "Mode", "StandIn", "serve"]
Mode = Literal[
    "good", "slow", "fail", "pending", "twice", "contradict", "wrong_policy", "forged", "garbage", "no_policy"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a product takes."""

    ages: tuple[int, int]
    classes: frozenset[int]


RULES: Final = {
    "JB-A1": Rule((16, 65), frozenset({1, 2, 3, 4, 5})),
    "JB-A2": Rule((16, 70), frozenset({1, 2, 3, 4})),
    "ZJ-B1": Rule((18, 60), frozenset({1, 2, 3, 4})),
}
_ANY: Final = Rule((16, 65), frozenset({1, 2, 3, 4}))


class StandIn(standin.StandIn[Mode]):
    """The insurer's memory: what it answered to each request."""

    header = protocol.SIGNATURE
    later_path = protocol.CALLBACK_PATH
    shapes: ClassVar[dict[str, type]] = {
        protocol.PATHS["enrol"]: Enrolment,
        protocol.PATHS["change"]: Change,
        protocol.PATHS["withdraw"]: Withdrawal,
        protocol.PATHS["notify_injury"]: InjuryNotice,
    }

    def __init__(self, key: bytes, *, delay: float = 30.0) -> None:
        super().__init__(key, delay=delay)
        self.answers: dict[str, Reply] = {}

    def callback_headers(self, body: bytes) -> dict[str, str]:
        """Return the headers with which a message goes to the platform's callback."""
        return self.headers(self.later_path, body)

    def decide(self, path: str, asked: Any, mode: Mode | None) -> Spoken:
        """Decide once for each request, and say it as the mode has it."""
        self.asked[asked.request_id] = asked
        decided = self.answers.setdefault(asked.request_id, self._decide(asked))
        whole = msgspec.json.encode(decided)
        match mode:
            case "pending":
                waiting = msgspec.structs.replace(decided, result="pending", policy_no="", effective_at=None)
                return self.say(path, waiting, later=[whole])
            case "twice":
                return self.say(path, decided, later=[whole, whole])
            case "contradict":
                other = "refused" if decided.result == "accepted" else "accepted"
                changed = msgspec.structs.replace(decided, result=other, code="changed", words="改口了")
                return self.say(path, decided, later=[msgspec.json.encode(changed)])
            case "wrong_policy":
                return self.say(path, msgspec.structs.replace(decided, reference="0190-somebody-else"))
            case "no_policy":
                return self.say(path, msgspec.structs.replace(decided, policy_no=""))
            case "forged":
                said = self.say(path, decided)
                said.body = said.body.replace(b"refused", b"accepted").replace(b"P", b"Q")
                return said
            case _:
                return self.say(path, decided)

    @staticmethod
    def _decide(asked: Enrolment | Change | Withdrawal | InjuryNotice) -> Reply:
        number = f"P-{asked.request_id[-12:]}"
        if isinstance(asked, Change):
            late = clock.now() >= asked.ends_at
            return Reply(
                request_id=asked.request_id,
                reference=asked.reference,
                result="refused" if late else "accepted",
                policy_no="" if late else asked.policy_no,
                effective_at=None if late else max(asked.starts_at, clock.now()),
                code="late" if late else "",
                words="保险期间已过" if late else "",
            )
        if not isinstance(asked, Enrolment):
            return Reply(request_id=asked.request_id, reference=asked.reference, result="accepted", policy_no=number)
        code, words = refusal(asked, clock.now())
        if code:
            return Reply(
                request_id=asked.request_id, reference=asked.reference, result="refused", code=code, words=words
            )
        return Reply(
            request_id=asked.request_id,
            reference=asked.reference,
            result="accepted",
            policy_no=number,
            # Nothing is insured backwards.
            effective_at=max(asked.starts_at, clock.now()),
        )


def refusal(asked: Enrolment, now: datetime) -> tuple[str, str]:
    """Return why a person is not taken, as a code and in words; two empty texts when he is."""
    rule = RULES.get(asked.product, _ANY)
    day, born = asked.starts_at.astimezone(clock.SHANGHAI).date(), asked.birth_date
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if not rule.ages[0] <= age <= rule.ages[1]:
        return "age", f"年龄{age}岁，承保{rule.ages[0]}至{rule.ages[1]}岁"
    if asked.occupation_class not in rule.classes:
        return "class", f"职业{asked.occupation_class}类不在承保范围"
    if now >= asked.ends_at:
        return "late", "保险期间已过"
    return "", ""
