"""Tables of the configuration, one file per noun."""

from __future__ import annotations

from storage.tables.access import (
    ApiKeyRow,
    IntegrationKeyRow,
    InvitationRow,
    PasswordResetRow,
    SessionRow,
    SignInTokenRow,
)
from storage.tables.base import Base
from storage.tables.destinations import DestinationRow
from storage.tables.heartbeats import HeartbeatRow, ListeningRow
from storage.tables.noise import MaintenanceRow, SilenceRow
from storage.tables.people import ContactMethodRow, NotificationRuleRow, TeamMemberRow, TeamRow, UserRow
from storage.tables.planning import (
    HolidayCalendarRow,
    OverrideRow,
    PolicyRow,
    PolicyVersionRow,
    ScheduleRow,
    ScheduleVersionRow,
    TemporaryRow,
)
from storage.tables.rota import (
    CalendarSourceRow,
    CalendarTokenRow,
    HandoffRow,
    ShiftNoticesRow,
    SwapRow,
    TimeOffRow,
)
from storage.tables.services import ServiceRow
from storage.tables.system import AppliedRow, AuditRow, IntegrationDayRow, IntegrationRow, SettingsRow
from storage.tables.versions import KeptRow

__all__ = [
    "ApiKeyRow",
    "AppliedRow",
    "AuditRow",
    "Base",
    "CalendarSourceRow",
    "CalendarTokenRow",
    "ContactMethodRow",
    "DestinationRow",
    "HandoffRow",
    "HeartbeatRow",
    "HolidayCalendarRow",
    "IntegrationDayRow",
    "IntegrationKeyRow",
    "IntegrationRow",
    "InvitationRow",
    "KeptRow",
    "ListeningRow",
    "MaintenanceRow",
    "NotificationRuleRow",
    "OverrideRow",
    "PasswordResetRow",
    "PolicyRow",
    "PolicyVersionRow",
    "ScheduleRow",
    "ScheduleVersionRow",
    "ServiceRow",
    "SessionRow",
    "SettingsRow",
    "ShiftNoticesRow",
    "SignInTokenRow",
    "SilenceRow",
    "SwapRow",
    "TeamMemberRow",
    "TeamRow",
    "TemporaryRow",
    "TimeOffRow",
    "UserRow",
]
