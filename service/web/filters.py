"""Words for instants and lengths of time in templates, in the government's zone."""

from datetime import datetime
from math import ceil, floor

from flask import Flask, g

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.database import db
from service.notifications import words
from service.web.weeks import day_words, week_words


def directory_of_request() -> Directory:
    """The directory, asked for once a request. Raises NoPresetError on an empty database."""
    if "directory" not in g:
        g.directory = directories.current(db.session())
    return g.directory


def register(app: Flask) -> None:
    """Add the filters to the app's templates."""
    app.jinja_env.filters.update(
        wib=_when,
        wib_short=_when_short,
        wib_exact=_when_exact,
        wib_last_day=_last_day,
        whole=_whole,
        number=words.number,
        percent=_percent,
        range=_range,
        day_words=day_words,
        week_words=week_words,
    )
    app.context_processor(lambda: {"government": _government()})


def _when(instant: datetime) -> str:
    return words.when(instant, directory_of_request())


def _when_short(instant: datetime) -> str:
    return words.when_short(instant, directory_of_request())


def _last_day(due: datetime) -> str:
    return words.last_day(due, directory_of_request())


def _when_exact(instant: datetime) -> str:
    return words.exact(instant, directory_of_request())


def _percent(rate: float | None) -> str:
    """`82,9 %`; a dash where nothing fell due."""
    return "–" if rate is None else f"{words.number(rate * 100)} %"


def _range(interval: tuple[float, float]) -> str:
    """`38–89 %`: the lower end rounded down and the upper one up, no narrower than it is."""
    return f"{floor(interval[0] * 100)}–{ceil(interval[1] * 100)} %"


def _whole(count: int) -> str:
    """`12.559`"""
    return f"{count:,}".replace(",", ".")


def _government() -> Directory | None:
    """The directory for the frame of a page; None where there is none, so that error pages always work."""
    try:
        return directory_of_request()
    except Exception:  # the error page of a dead database must not need the database
        return None
