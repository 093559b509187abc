"""What senders sent is shown without its keys, and otherwise as it came."""

from __future__ import annotations

import pytest

from domain.masking import header, without_secrets


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('{"password": "a\\"b", "title": "x"}', '{"password": "***", "title": "x"}'),
        ('{"db": {"api_key": 5}, "n": 5}', '{"db": {"api_key": ***}, "n": 5}'),
        ('{"client-secret":"cut in the mid', '{"client-secret":"***'),
        (
            '{"group_key": "g", "dedup_key": "d", "groupKey": "k"}',
            '{"group_key": "g", "dedup_key": "d", "groupKey": "k"}',
        ),
        ('{"tokens": ["spent"]}', '{"tokens": ["spent"]}'),
        ("https://h/x?token=abc&n=1", "https://h/x?token=***&n=1"),
        ("https://h/x?key=abc#n", "https://h/x?key=***#n"),
        ("postgres://me:word@db/x", "postgres://***@db/x"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("/api/v1/webhooks/generic/snt_int_AbC-9_x", "/api/v1/webhooks/generic/snt_int_***"),
        ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/services/***"),
        ("see eyJhbGciOiJIUzI1.eyJzdWIiOiIxIn0.sig", "see ***"),
    ],
)
def test_what_looks_like_a_secret_is_not_shown(sent: str, shown: str) -> None:
    assert without_secrets(sent) == shown


def test_of_credentials_in_headers_only_the_scheme_is_shown() -> None:
    assert header("authorization", "Bearer abc") == "Bearer ***"
    assert header("x-api-key", "abc") == "***"
    assert header("x-grafana-alerting-signature", "abc") == "***"
    assert header("cookie", "a=b") == "***"
    assert header("user-agent", "curl/8") == "curl/8"
