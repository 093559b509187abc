"""The integrations by type."""

from __future__ import annotations

from integrations.base import Integration
from integrations.generic import Generic
from integrations.grafana import Grafana
from integrations.prometheus import Prometheus

TYPES: dict[str, Integration] = {i.type: i for i in (Generic(), Grafana(), Prometheus())}
