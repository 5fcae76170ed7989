"""The job that asks the attached source: the question first, with nothing held; then one transaction an alert."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.settings import Settings
from linggong.work.weather.alerts import AlertForm, enter, withdraw
from linggong.work.weather.models import WeatherAlert
from linggong.work.weather.source import HttpSource, Report, Source, SourceFailed
from tenants.models import Node

log = structlog.get_logger(__name__)
_CODE_LENGTH = 12


async def poll(database: Database) -> None:
    """Ask the source that the settings name, if any."""
    settings = Settings.from_env()
    if settings.weather_url:
        await take(database, HttpSource(settings.weather_url, name=settings.weather_name))


async def take(database: Database, source: Source) -> int:
    """Bring in what a source reports; returns how many alerts were new, changed or withdrawn.

    A source that fails changes nothing and is asked again next time; an alert that cannot be kept does not hold up the
    rest. The same report again changes nothing.
    """
    try:
        reports = await source.reports()
    except SourceFailed as error:
        log.warning("weather_source_failed", source=source.name, reason=str(error))
        return 0
    changed = 0
    for report in reports:
        try:
            async with database.system() as uow:
                changed += await _keep(uow, source.name, report)
        except (LinggongError, IntegrityError) as error:
            log.warning("weather_report_refused", source=source.name, number=report.number, reason=type(error).__name__)
    return changed


async def _keep(uow: UnitOfWork, name: str, report: Report) -> int:
    code = report.area.ljust(_CODE_LENGTH, "0")
    paths: Sequence[str] = (
        await uow.session.scalars(sa.select(Node.path).where(Node.division_code == code).order_by(Node.path).limit(1))
    ).all()
    if not paths:
        return 0  # another city's weather
    known = await uow.session.scalar(
        sa.select(WeatherAlert).where(
            WeatherAlert.source == name,
            WeatherAlert.number == report.number,
            WeatherAlert.tenant == paths[0],
            WeatherAlert.withdrawn_at.is_(None),
        )
    )
    if known is not None and (report.withdrawn or not _same(known, report)):
        await withdraw(uow, known.id, why="气象部门解除" if report.withdrawn else "气象部门更新")
        known = None
        if report.withdrawn:
            return 1
    if known is not None or report.withdrawn or report.ends_at <= uow.now:
        return 0
    await enter(
        uow,
        AlertForm(
            kind=report.kind,
            level=report.level,
            begins_at=report.begins_at,
            ends_at=report.ends_at,
            temperature_c=report.temperature_c,
            area=paths[0],
            source=name,
            number=report.number,
            words=report.words,
        ),
    )
    return 1


def _same(row: WeatherAlert, report: Report) -> bool:
    return (row.kind, row.level, row.temperature_c, row.begins_at, row.ends_at) == (
        report.kind,
        report.level,
        report.temperature_c,
        report.begins_at,
        report.ends_at,
    )
