"""What the console knows of Piccolo's inside, held against the installed release.

The versions are pinned exactly and asked at the start of the app, which imports nothing of Piccolo for it; the inside is
looked at when the console is built, and says what breaks when somebody moves a pin.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Final

PINNED: Final = {"piccolo": "1.38.0", "piccolo-admin": "1.14.0", "piccolo-api": "1.11.0"}


class WrongPiccolo(RuntimeError):
    """The installed Piccolo is not the one whose internals the console touches."""


def check_release() -> None:
    """Raise WrongPiccolo when another release is installed."""
    faults = [f"{name} {version(name)}, needed {wanted}" for name, wanted in PINNED.items() if version(name) != wanted]
    if faults:
        raise WrongPiccolo("; ".join(faults))


def check() -> None:
    """Raise WrongPiccolo when the release or an internal differs."""
    check_release()
    from piccolo.columns.base import Column
    from piccolo.columns.readable import Readable
    from piccolo.engine.postgres import PostgresEngine
    from piccolo.query.methods.select import Select
    from piccolo.table import Table
    from piccolo_admin import endpoints
    from piccolo_api.crud.endpoints import PiccoloCRUD

    wanted: dict[object, tuple[str, ...]] = {
        Column: ("get_select_string", "get_where_string"),
        Readable: ("postgres_string",),
        PostgresEngine: ("get_version", "run_querystring", "run_ddl", "transform_response_to_dicts"),
        Select: ("default_querystrings", "_get_joins"),
        Table: ("_get_related_readable", "get_readable", "select", "count", "exists", "raw"),
        PiccoloCRUD: (
            "get_all", "get_single", "get_ids", "get_count", "get_schema", "get_new", "get_references", "_parse_params",
            "_split_params", "_apply_filters", "_get_column", "pydantic_model_plural", "pydantic_model_filters", "max_page_size",
        ),
        endpoints: ("AdminRouter", "PiccoloCRUD", "FastAPIWrapper", "TableConfig", "FormConfig", "ASSET_PATH"),
        endpoints.AdminRouter: ("get_table_list_grouped", "post_single_form", "get_meta", "get_translation"),
    }  # fmt: skip
    faults = []
    for owner, names in wanted.items():
        faults += [f"{getattr(owner, '__name__', owner)} lost {name}" for name in names if not hasattr(owner, name)]
    for name in ("PiccoloCRUD", "FastAPIWrapper"):
        if f"{name}(" not in inspect.getsource(endpoints.AdminRouter.__init__):
            faults.append(f"AdminRouter no longer builds {name}")
    if faults:
        raise WrongPiccolo("; ".join(faults))
