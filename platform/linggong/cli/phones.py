"""`phones`: a stand-in for the gateway of text messages and calls, to try what happens when it is slow, down or silent."""

from __future__ import annotations

import threading
from typing import Literal

import cyclopts

from linggong.cli.output import note
from linggong.kernel.settings import Settings

phones = cyclopts.App(name="phones", help="Text messages and calls: a stand-in that speaks the gateway's protocol.")
Mode = Literal["good", "slow", "fail", "undelivered", "delayed", "twice", "refuse", "forged", "garbage", "silent"]


@phones.command(name="stand-in")
def stand_in(*, port: int = 9200, mode: Mode = "good") -> int:
    """Serve a stand-in on the loopback until it is interrupted; set LINGGONG_SMS_URL and LINGGONG_SMS_KEY to use it.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which a gateway goes wrong.
    """
    from linggong.kernel.crypto import Secrets
    from linggong.phones import line, standin

    settings = Settings.from_env()
    made = standin.StandIn(line.key_of(settings, Secrets.load(settings.data_dir)))
    made.behave(mode)
    back = f"http://127.0.0.1:{settings.port}"
    server = standin.serve(made, port, platform_url=back)
    note(f"a stand-in ({mode}) listens at http://127.0.0.1:{server.server_address[1]} and brings receipts to {back}")
    try:
        threading.Event().wait()
    finally:
        server.shutdown()
    return 0
