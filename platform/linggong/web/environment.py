"""The Jinja environment of all pages: escaping on, undefined names are errors, filters bound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from linggong.kernel.live import stamp
from linggong.web import filters

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
VENDOR_NAMES = frozenset({"bootstrap.css", "htmx.js", "scalar.js", "echarts.js"})


def plain_asset(name: str) -> str:
    """Return the address of a static file: vendor names under /static/vendor/, our own under /static/."""
    return f"/static/vendor/{name}" if name in VENDOR_NAMES else f"/static/{name}"


def make_environment(asset: Callable[[str], str] = plain_asset, *, site_name: str) -> Environment:
    """Build the environment of all pages.

    `asset` turns a file name into its address (a caller may add a version to it); `site_name` heads every
    page, for example 开封市公共零工市场. Each page's context must bring: `now` (aware datetime), `me`
    (None or an object with kind, name, post_name), `flash` (list of kind and text), `big` (bool) and
    `csrf_field` (a function that returns the hidden input as markup).
    A name that a template misses raises jinja2.UndefinedError instead of printing nothing.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    environment.globals["site_name"] = site_name
    environment.globals["stamp"] = stamp
    filters.install(environment)
    return environment
