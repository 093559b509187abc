"""Prometheus Alertmanager's webhook."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.alertmanager import parse_group
from integrations.base import Parsed
from integrations.clean import parse_json


class Prometheus:
    """Bodies of `webhook_configs`, version 4."""

    type = "prometheus"

    def parse(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Parsed:
        return parse_group(parse_json(body))
