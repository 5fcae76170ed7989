"""`insurer`: a stand-in for an insurer, to try what happens when one is slow, down or lying."""

from __future__ import annotations

import threading
from typing import Literal

import cyclopts

from linggong.cli.output import note
from linggong.kernel.settings import Settings

insurer = cyclopts.App(name="insurer", help="The insurer: a stand-in that speaks its protocol.")
Mode = Literal[
    "good", "slow", "fail", "pending", "twice", "contradict", "wrong_policy", "forged", "garbage", "no_policy"
]


@insurer.command(name="stand-in")
def stand_in(*, port: int = 9100, mode: Mode = "good") -> int:
    """Serve a stand-in on the loopback until it is interrupted; set LINGGONG_INSURER_URL and LINGGONG_INSURER_KEY to use it.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which an insurer goes wrong.
    """
    from linggong.cover import line, protocol, standin
    from linggong.kernel.crypto import Secrets

    settings = Settings.from_env()
    made = standin.StandIn(line.key_of(settings, Secrets.load(settings.data_dir)))
    made.behave(mode)
    back = f"http://127.0.0.1:{settings.port}{protocol.CALLBACK_PATH}"
    server = standin.serve(made, port, callback_url=back)
    note(f"a stand-in ({mode}) listens at http://127.0.0.1:{server.server_address[1]} and calls back to {back}")
    try:
        threading.Event().wait()
    finally:
        server.shutdown()
    return 0
