"""The worked example of docs/schedules.md, executed as it is written there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from domain.holidays import Holidays
from domain.oncall import who
from domain.validation import check_schedule
from gateway.schemas.schedules import OverrideInput, ScheduleInput

TEXT = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text()


def test_the_example_of_the_documentation_is_what_happens() -> None:
    (found,) = re.findall(r"```json example\n(.*?)```", TEXT, re.DOTALL)
    example = json.loads(found)
    calendar = Holidays(example["holidays"]["id"], example["holidays"]["name"], tuple(example["holidays"]["dates"]))
    overrides = [OverrideInput.model_validate(o) for o in example["overrides"]]
    schedule = replace(
        ScheduleInput.model_validate(example["schedule"]).to_domain("checkout"),
        overrides=tuple(o.to_domain(str(n), float(n)) for n, o in enumerate(overrides)),
        holidays=(calendar,),
    )
    check_schedule(schedule, calendars={calendar.id})
    assert len(example["who"]) == 16
    for line in example["who"]:
        at = datetime.fromisoformat(line["at"]).timestamp()
        assert list(who(schedule, at)) == line["is"], (line["at"], line["because"])
