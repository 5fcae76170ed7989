"""Settings from `LINGGONG_*` variables; every one has a default that serves a single machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from linggong.kernel.addresses import networks


class SettingsError(ValueError):
    """A variable holds something that cannot be used; the message names it and says what fits."""


def _int(env: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    raw = env.get(key, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise SettingsError(f"{key} must be a whole number, got {raw!r}") from None
    if not low <= value <= high:
        raise SettingsError(f"{key} must lie between {low} and {high}, got {value}")
    return value


def _bool(env: Mapping[str, str], key: str, default: bool) -> bool:
    raw = env.get(key)
    if raw is None or raw == "":
        return default
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{key} must be 1 or 0, got {raw!r}")


def _choice(env: Mapping[str, str], key: str, default: str, choices: tuple[str, ...]) -> str:
    raw = env.get(key) or default
    if raw not in choices:
        raise SettingsError(f"{key} must be one of {', '.join(choices)}, got {raw!r}")
    return raw


def _networks(env: Mapping[str, str], key: str) -> str:
    raw = env.get(key, "")
    try:
        networks(raw)
    except ValueError:
        raise SettingsError(f"{key} must list addresses or networks like 10.0.0.0/8, got {raw!r}") from None
    return raw


def _url(env: Mapping[str, str], key: str) -> str:
    raw = env.get(key, "").rstrip("/")
    if raw and not raw.startswith(("http://", "https://")):
        raise SettingsError(f"{key} must be an address that begins with http:// or https://, got {raw!r}")
    return raw


def _partner(env: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the address of an outside system and the key shared with it."""
    url, key = env.get(f"LINGGONG_{name}_URL") or "", env.get(f"LINGGONG_{name}_KEY") or ""
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsError(f"LINGGONG_{name}_URL must begin with https:// (or http://127.0.0.1: for a stand-in)")
    if url and len(key) < 16:
        raise SettingsError(f"LINGGONG_{name}_KEY must hold the key shared with that system, at least 16 characters")
    return url, key


def _wechat(env: Mapping[str, str]) -> tuple[str, str]:
    """Return the address of WeChat Pay and the city's app there."""
    url, appid = env.get("LINGGONG_WECHAT_URL") or "", env.get("LINGGONG_WECHAT_APPID") or ""
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsError("LINGGONG_WECHAT_URL must begin with https:// (or http://127.0.0.1: for a stand-in)")
    if url and not appid:
        raise SettingsError("LINGGONG_WECHAT_APPID must name the city's WeChat app when LINGGONG_WECHAT_URL is set")
    return url, appid


def _wechat_messages(env: Mapping[str, str], pay_appid: str) -> tuple[str, str, str, str]:
    """Return the address of WeChat's messages, the city's app there, its secret, and the template: all of them or none."""
    url, appid, secret, template = (
        env.get(f"LINGGONG_WECHAT_MSG_{name}") or "" for name in ("URL", "APPID", "SECRET", "TEMPLATE")
    )
    if not any((url, appid, secret, template)):
        return "", "", "", ""
    if not all((url, appid, secret, template)):
        raise SettingsError(
            "LINGGONG_WECHAT_MSG_URL, _APPID, _SECRET and _TEMPLATE must be set together, or none of them"
        )
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsError("LINGGONG_WECHAT_MSG_URL must begin with https:// (or http://127.0.0.1: for a stand-in)")
    if pay_appid and pay_appid != appid:
        raise SettingsError(
            "LINGGONG_WECHAT_MSG_APPID must be LINGGONG_WECHAT_APPID: what WeChat calls a worker belongs to one app"
        )
    return url.rstrip("/"), appid, secret, template


def _file(env: Mapping[str, str], key: str) -> Path | None:
    raw = env.get(key)
    if not raw:
        return None
    path = Path(raw).expanduser().resolve()
    if not path.is_file():
        raise SettingsError(f"{key} must name a file, got {raw!r}")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one deployment is told from outside."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    database_url: str | None = field(default=None, repr=False)
    """The app role's database; None means the embedded server in `data_dir`."""
    owner_database_url: str | None = field(default=None, repr=False)
    """The owner role's connection to the same database, for migrations, backup and moves."""
    pool_size: int = 10
    preset: str = "kaifeng"
    demo_days: int = 7
    dev: bool = True
    """Dev mode shows the local sender's messages on a page and prints demo sign-ins; off in production."""
    log_format: str = "console"
    log_level: str = "INFO"
    secure_cookies: bool = False
    forwarded_from: str = ""
    """Proxies of ours (addresses or networks, comma-separated) whose X-Forwarded-For is believed; else nobody's."""
    public_url: str = ""
    """How people outside reach this deployment (https://lg.example.gov.cn); it stands in the QR of a contract."""
    seal_p12: Path | None = None
    """PKCS#12 file with the key and certificates of the platform's seal; None means an authority made in `data_dir`."""
    seal_p12_password: str = field(default="", repr=False)
    seal_trust: Path | None = None
    """PEM file with further roots whose seals and time stamps of ours are believed: earlier ones, a time-stamp service's."""
    tsa_url: str = ""
    """RFC 3161 time-stamp service; empty means the local one."""
    weather_url: str = ""
    """A feed of weather alerts (docs/weather.md); without one, bureaus and stations enter them."""
    weather_name: str = "气象部门"
    insurer_url: str = ""
    """Where the insurer of this deployment listens; empty: a stand-in of our own in dev mode, else nobody is asked."""
    insurer_key: str = field(default="", repr=False)
    """The key shared with that insurer."""
    province_url: str = ""
    """Where the province's platform takes the labour demand of each day (docs/province.md); empty: it goes by file."""
    province_key: str = field(default="", repr=False)
    """The key shared with that platform."""
    sms_url: str = ""
    """Where the gateway for text messages and calls listens; empty: a stand-in of our own in dev mode, else messages wait."""
    sms_key: str = field(default="", repr=False)
    """The key shared with that gateway."""
    wechat_url: str = ""
    """Where WeChat Pay listens (https://api.mch.weixin.qq.com); empty: a stand-in of our own in dev mode, else nothing is paid."""
    wechat_appid: str = ""
    """The city's own WeChat app, to which workers' openids belong and with which each employer's merchant is associated."""
    wechat_msg_url: str = ""
    """Where WeChat takes messages (https://api.weixin.qq.com); empty: a stand-in of our own in dev mode, else nobody is told so."""
    wechat_msg_appid: str = ""
    wechat_msg_secret: str = field(default="", repr=False)
    wechat_msg_template: str = ""
    """The template that the city's app was given for its messages (docs/push.md)."""
    practice_port: int = 0
    """Where the practice market listens on this machine (docs/practice.md); 0: there is none."""
    practice_url: str = ""
    """How people outside reach the practice market."""
    real_url: str = ""
    """In the practice market: the way back."""
    max_body_bytes: int = 2_000_000
    upload_max_bytes: int = 20_000_000

    @property
    def wechat_stand_in(self) -> bool:
        """Whether only a stand-in of our own is asked for WeChat Pay: no real money, no real WeChat."""
        return self.dev and not self.wechat_url

    @property
    def wechat_msg_stand_in(self) -> bool:
        """Whether WeChat's messages go to a stand-in on this machine, which lets everybody agree."""
        return self.dev and (not self.wechat_msg_url or self.wechat_msg_url.startswith("http://127.0.0.1:"))

    @property
    def address(self) -> str:
        """How people outside reach this deployment, else how it is reached on this machine."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @staticmethod
    def from_env(env: Mapping[str, str] | None = None) -> Settings:
        """Read the variables; raises SettingsError that names the variable to mend."""
        env = os.environ if env is None else env
        database_url = env.get("DATABASE_URL") or env.get("LINGGONG_DATABASE_URL") or None
        owner_url = env.get("LINGGONG_OWNER_DATABASE_URL") or None
        if database_url and not owner_url:
            raise SettingsError(
                "DATABASE_URL names the app role's database; set LINGGONG_OWNER_DATABASE_URL to the owner role's too"
            )
        insurer_url, insurer_key = _partner(env, "INSURER")
        sms_url, sms_key = _partner(env, "SMS")
        province_url, province_key = _partner(env, "PROVINCE")
        wechat_url, wechat_appid = _wechat(env)
        msg_url, msg_appid, msg_secret, msg_template = _wechat_messages(env, wechat_appid)
        port = _int(env, "LINGGONG_PORT", 8000, 1, 65535)
        return Settings(
            practice_port=_int(env, "LINGGONG_PRACTICE_PORT", port + 1 if port < 65535 else 0, 0, 65535),
            practice_url=_url(env, "LINGGONG_PRACTICE_URL"),
            real_url=_url(env, "LINGGONG_REAL_URL"),
            insurer_url=insurer_url,
            insurer_key=insurer_key,
            province_url=province_url,
            province_key=province_key,
            sms_url=sms_url,
            sms_key=sms_key,
            wechat_url=wechat_url,
            wechat_appid=wechat_appid,
            wechat_msg_url=msg_url,
            wechat_msg_appid=msg_appid,
            wechat_msg_secret=msg_secret,
            wechat_msg_template=msg_template,
            data_dir=Path(env.get("LINGGONG_DATA_DIR") or ".data").expanduser().resolve(),
            host=env.get("LINGGONG_HOST") or "127.0.0.1",
            port=port,
            workers=_int(env, "LINGGONG_WORKERS", 1, 1, 64),
            database_url=database_url,
            owner_database_url=owner_url,
            pool_size=_int(env, "LINGGONG_POOL_SIZE", 10, 1, 100),
            preset=env.get("LINGGONG_PRESET") or "kaifeng",
            demo_days=_int(env, "LINGGONG_DEMO_DAYS", 7, 0, 365),
            dev=_bool(env, "LINGGONG_DEV", True),
            log_format=_choice(env, "LINGGONG_LOG_FORMAT", "console", ("console", "json")),
            log_level=_choice(env, "LINGGONG_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
            secure_cookies=_bool(env, "LINGGONG_SECURE_COOKIES", False),
            forwarded_from=_networks(env, "LINGGONG_FORWARDED_FROM"),
            public_url=_url(env, "LINGGONG_PUBLIC_URL"),
            seal_p12=_file(env, "LINGGONG_SEAL_P12"),
            seal_p12_password=env.get("LINGGONG_SEAL_P12_PASSWORD", ""),
            seal_trust=_file(env, "LINGGONG_SEAL_TRUST"),
            tsa_url=_url(env, "LINGGONG_TSA_URL"),
            weather_url=_url(env, "LINGGONG_WEATHER_URL"),
            weather_name=env.get("LINGGONG_WEATHER_NAME") or "气象部门",
            max_body_bytes=_int(env, "LINGGONG_MAX_BODY_BYTES", 2_000_000, 10_000, 100_000_000),
            upload_max_bytes=_int(env, "LINGGONG_UPLOAD_MAX_BYTES", 20_000_000, 10_000, 1_000_000_000),
        )
