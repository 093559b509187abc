"""Checking an address before it is saved: better a clear refusal now than a page that cannot be sent."""

from __future__ import annotations

from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.errors import Invalid
from domain.people import Channel

ADDRESS_MAX = 2_000


def check_address(channel: Channel, address: str, field: str = "address") -> str:
    """The address in its normal form. Raises Invalid saying what to change."""
    if len(address) > ADDRESS_MAX:
        raise Invalid(field, f"The address is longer than {ADDRESS_MAX} characters.")
    match channel:
        case "email":
            return _email(address, field)
        case "sms" | "voice":
            return _phone(address, field)
        case "webhook":
            return _url(address, field, ("http", "https"))
        case "slack":
            return _url(address, field, ("http", "https"))
        case "push" | "outbox":
            return address


def _email(address: str, field: str) -> str:
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True, allow_quoted_local=True)
    except EmailNotValidError as error:
        raise Invalid(field, f"This is no e-mail address: {error}") from error
    return found.normalized


def _phone(address: str, field: str) -> str:
    try:
        number = phonenumbers.parse(address, None)
    except phonenumbers.NumberParseException as error:
        raise Invalid(field, "Write the number with its country code, like +49301234567.") from error
    if not phonenumbers.is_possible_number(number):
        raise Invalid(field, "This phone number has the wrong length; check it.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _url(address: str, field: str, schemes: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError as error:
        raise Invalid(field, "This is no URL.") from error
    if parts.scheme not in schemes or not host:
        raise Invalid(field, f"The URL must begin with {' or '.join(s + '://' for s in schemes)} and name a host.")
    return address
