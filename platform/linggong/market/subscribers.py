"""What the market does by the clock. Bound by name at assembly; calling `register` again changes nothing."""

from __future__ import annotations

from linggong.kernel import events, timers
from linggong.market import gates, happenings, hiring, sampling, searches, shortage, suspending
from linggong.market.trades import trade
from linggong.people import forms, leaving, reverifying


def register() -> None:
    """Bind the timers of an order (order-states section 4)."""
    events.subscribe(leaving.CLOSED, "market.searches", searches.forgotten)
    timers.on_timer(happenings.REFRESH, hiring.on_refresh_due)
    timers.on_timer(happenings.REMIND, hiring.on_remind_due)
    timers.on_timer(happenings.LOCK, hiring.on_lock_due)
    timers.on_timer(happenings.START, hiring.on_start_due)
    timers.on_timer(happenings.RETURN, hiring.on_return_due)
    timers.on_timer(happenings.REVIEW, hiring.on_review_due)
    timers.on_timer(happenings.REVIEW_RECHECK, hiring.on_recheck_due)
    timers.on_timer(happenings.SAMPLE, sampling.on_sample_due)
    timers.on_timer(shortage.ALERT, shortage.on_alert_due)
    timers.on_timer(suspending.DECIDE, suspending.on_decide_due)
    timers.on_timer(suspending.OBJECTION, suspending.on_objection_due)
    timers.on_timer(reverifying.TIMER, reverifying.on_due)
    forms.known_trade["market"] = lambda code: trade(code) is not None
    gates.may_post["reverify"] = reverifying.may_post
