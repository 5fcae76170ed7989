"""`insurer`, `phones`, `wechat` and `province stand-in`: stand-ins for outside systems, to try what happens when one is slow, down or lying."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

import cyclopts

from linggong.cli.output import note
from linggong.kernel.settings import Settings

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

    from linggong.kernel.standin import StandIn

insurer = cyclopts.App(name="insurer", help="The insurer: a stand-in that speaks its protocol.")
phones = cyclopts.App(name="phones", help="Text messages and calls: a stand-in that speaks the gateway's protocol.")

wechat = cyclopts.App(name="wechat", help="WeChat Pay and WeChat's messages: stand-ins that speak their protocols.")


@insurer.command(name="stand-in")
def insurer_stand_in(
    *,
    port: int = 9100,
    mode: Literal[
        "good", "slow", "fail", "pending", "twice", "contradict", "wrong_policy", "forged", "garbage", "no_policy"
    ] = "good",
) -> int:
    """Serve a stand-in on the loopback until it is interrupted; set LINGGONG_INSURER_URL and LINGGONG_INSURER_KEY to use it.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which an insurer goes wrong.
    """
    from linggong.cover import line, standin
    from linggong.kernel.crypto import Secrets

    settings = Settings.from_env()
    made = standin.StandIn(line.key_of(settings, Secrets.load(settings.data_dir)))
    made.behave(mode)
    return serve_signed(made, port, settings)


@phones.command(name="stand-in")
def phones_stand_in(
    *,
    port: int = 9200,
    mode: Literal[
        "good", "slow", "fail", "undelivered", "delayed", "twice", "refuse", "forged", "garbage", "silent"
    ] = "good",
) -> int:
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
    return serve_signed(made, port, settings)


@wechat.command(name="stand-in")
def wechat_stand_in(
    *,
    port: int = 9300,
    mode: Literal[
        "good",
        "confirm",
        "not_enough",
        "wrong_name",
        "slow",
        "fail",
        "lost",
        "twice",
        "early",
        "lie",
        "forged",
        "garbage",
        "silent",
    ] = "good",
) -> int:
    """Serve a stand-in on the loopback until it is interrupted; set LINGGONG_WECHAT_URL and LINGGONG_WECHAT_APPID to use it.

    Its page (/) shows what it paid. An employer connects to it with the button on his page in dev mode.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which a payment goes wrong.
    """
    from linggong.wages.wechat import standin, standin_http

    settings = Settings.from_env()
    made = standin.StandIn(standin.Books.load(settings.data_dir))
    made.behave(mode)
    back = _back(settings)
    return _until_stopped(standin_http.serve(made, port, platform_url=back), mode, back)


@wechat.command(name="messages")
def wechat_messages(
    *,
    port: int = 9400,
    mode: Literal[
        "good",
        "not_wanted",
        "no_user",
        "no_template",
        "wrong_data",
        "limited",
        "busy",
        "expired",
        "slow",
        "fail",
        "lost",
        "garbage",
    ] = "good",
) -> int:
    """Serve a stand-in for WeChat's messages until it is interrupted; set LINGGONG_WECHAT_MSG_URL and the three beside it to use it.

    It takes the app, the secret and the template of the settings, else its own, which it prints. Its page (/) shows what came.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which a message is refused or lost.
    """
    from linggong.phones.wechat import standin
    from linggong.phones.wechat.client import App
    from linggong.wages.wechat import standin_http

    settings = Settings.from_env()
    app = standin.APP
    if settings.wechat_msg_url:
        app = App(settings.wechat_msg_appid, settings.wechat_msg_secret, settings.wechat_msg_template)
    else:
        note(
            f'LINGGONG_WECHAT_MSG_APPID={app.appid} LINGGONG_WECHAT_MSG_SECRET="{app.secret}"'
            f" LINGGONG_WECHAT_MSG_TEMPLATE={app.template}"
        )
    back = _back(settings)
    made = standin.StandIn(app, platform_url=back)
    made.behave(mode)
    return _until_stopped(standin_http.serve(made, port), mode, back)


def serve_signed(made: StandIn[Any], port: int, settings: Settings) -> int:
    """Serve a stand-in that signs its messages until it is interrupted."""
    from linggong.kernel import standin

    back = _back(settings)
    return _until_stopped(standin.serve(made, port, platform_url=back), str(made.mode), back)


def _back(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def _until_stopped(server: ThreadingHTTPServer, mode: str, back: str) -> int:
    note(
        f"a stand-in ({mode}) listens at http://127.0.0.1:{server.server_address[1]} and brings what follows to {back}"
    )
    try:
        threading.Event().wait()
    finally:
        server.shutdown()
    return 0
