"""The days of a holiday calendar. Countries come from the `holidays` package, so that a law that changes is an upgrade.

Here and not in `domain`: the package is large, and what it knows may differ between its versions. Decisions only ever
see lists of dates, which are kept with every version of a schedule.
"""

from __future__ import annotations

from functools import lru_cache

import holidays

from domain.errors import Invalid
from domain.holidays import Holidays
from storage.tables import HolidayCalendarRow

YEARS = range(2020, 2056)
"""Years for which countries are expanded. Beyond them only the dates given count."""


def holidays_of(row: HolidayCalendarRow) -> Holidays:
    """The calendar with all its days, ascending."""
    country = days(row.country, row.subdivision) if row.country is not None else frozenset()
    return Holidays(row.id, row.name, tuple(sorted((country | set(row.dates)) - set(row.except_dates))))


@lru_cache(maxsize=512)
def days(country: str, subdivision: str | None) -> frozenset[str]:
    """ISO dates of the public holidays of a country; none if the installed package does not know it any more."""
    known = holidays.list_supported_countries()
    if country not in known or (subdivision is not None and subdivision not in known[country]):
        return frozenset()
    return frozenset(d.isoformat() for d in holidays.country_holidays(country, subdiv=subdivision, years=YEARS))


def check_country(country: str | None, subdivision: str | None) -> None:
    """Raise Invalid for a country or subdivision whose holidays are not known."""
    if country is None:
        if subdivision is not None:
            raise Invalid("subdivision", "A subdivision needs a country.")
        return
    known = holidays.list_supported_countries()
    if country not in known:
        raise Invalid("country", f"The holidays of {country!r} are not known; use an ISO 3166 code like DE or US.")
    if subdivision is not None and subdivision not in known[country]:
        there = ", ".join(known[country]) or "none"
        raise Invalid("subdivision", f"{country} has no subdivision {subdivision!r} here; there are: {there}.")
