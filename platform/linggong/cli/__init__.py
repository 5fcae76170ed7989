"""The command line: `linggong --help`. Exit codes: 0 done, 1 refused or failed (said why), 2 wrong usage."""

from __future__ import annotations

import sys

import cyclopts

from linggong.cli import (
    assess,
    audit,
    check,
    contracts,
    data,
    machines,
    paths,
    practising,
    prove,
    province,
    rbac,
    serve,
    staff,
    standins,
    tree,
    weather,
)

app = cyclopts.App(
    name="linggong",
    help="One system for a city's public gig-worker markets (零工市场).",
    version_flags=["--version"],
    version="0.1.0",
)
app.command(serve.run)
app.command(serve.serve)
app.command(serve.worker)
app.command(practising.practice_market, name="practice")
app.command(serve.db)
app.command(tree.tenants)
app.command(data.people)
app.command(data.market)
data.demo.command(paths.path)
app.command(data.demo)
app.command(staff.staff)
app.command(audit.audit)
app.command(check.check)
app.command(assess.assess)
app.command(prove.prove)
app.command(province.province)
app.command(rbac.rbac)
app.command(weather.weather)
app.command(contracts.contracts)
app.command(machines.machines)
app.command(standins.insurer)
app.command(standins.phones)
app.command(standins.wechat)


def main() -> None:
    """Run the command line; an error the user can mend is one line on stderr, never a traceback."""
    from linggong.kernel.errors import Invalid, LinggongError
    from linggong.kernel.settings import SettingsError

    try:
        result = app()
    except Invalid as error:
        for fault in error.faults:
            print(f"{fault.field}: {fault.message}" if fault.field else fault.message, file=sys.stderr)
        sys.exit(1)
    except (LinggongError, SettingsError, FileNotFoundError, ValueError) as error:
        print(f"linggong: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
