"""Weeks of figures as pages show them: as they were published, or as they are now."""

from dataclasses import dataclass
from datetime import datetime

from service.agencies.directory import Directory
from service.compliance.corrections import together
from service.compliance.digest import figures_of
from service.compliance.figures import week_figures
from service.compliance.freeze import corrections_of, frozen_week
from service.compliance.rules import AgencyFigures, Week, ranks, total, week_named, worst_first
from service.tables import Document, Session


@dataclass(frozen=True)
class ShownWeek:
    """A week's figures, lowest rate first; `places` are ranks by code. `corrections` of it were published since, and
    `carried`, of earlier weeks, with it."""

    week: Week
    figures: list[AgencyFigures]
    total: AgencyFigures
    places: dict[str, int]
    published: bool
    corrections: list[Document]
    carried: list[Document]

    def of(self, code: str) -> AgencyFigures:
        """One unit's figures; zeros for a unit that did not exist when the week was published."""
        found = next((f for f in self.figures if f.code == code), None)
        return found or total([], code)

    def corrections_of(self, code: str) -> list[Document]:
        """The corrections of one unit."""
        return [row for row in self.corrections if row["unit"] == code]


def shown_week(session: Session, directory: Directory, week: Week, now: datetime) -> ShownWeek:
    """The week as it was published, with what was corrected since; an unpublished one as it stands now."""
    frozen = frozen_week(session, week.name)
    if frozen is None:
        figures = week_figures(session, directory, week.start, min(week.end, now))
    else:
        figures = figures_of(directory, frozen)
    return ShownWeek(
        week=week,
        figures=worst_first(figures),
        total=total(figures, directory.short_name),
        places=ranks(figures),
        published=frozen is not None,
        corrections=_told(directory, corrections_of(session, week.name)) if frozen else [],
        carried=_told(directory, frozen.corrections) if frozen else [],
    )


def _told(directory: Directory, rows: list[Document]) -> list[Document]:
    return [row | {"days": week_named(row["week"], directory.timezone)} for row in together(rows)]
