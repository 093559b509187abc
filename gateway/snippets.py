"""What to configure in a sender so that its alerts come in here: exact, but for a key that cannot be shown any more.

The key goes as a header where the sender can do that: addresses are written into logs, headers are not.
"""

from __future__ import annotations

import json
import shlex

from gateway.schemas.received import Snippet

KEY = "KEY"
"""Stands for the key, which is shown once, when it is made."""
NAME = "Sentinel"
ALERT = {"title": "Disk full on db1", "severity": "critical", "dedup_key": "disk-db1", "labels": {"host": "db1"}}
GROUP = {
    "version": "4",
    "groupKey": "{}:{alertname=DiskFull}",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "instance": "db1", "severity": "critical"},
            "annotations": {"summary": "Disk full on db1"},
        }
    ],
}


def snippets(kind: str, url: str, key: str) -> list[Snippet]:
    """`url`: of the integration's type, without the key."""
    body = ALERT if kind == "generic" else GROUP
    own = {"prometheus": [_alertmanager(url, key)], "grafana": [_grafana(url, key), _grafana_file(url, key)]}
    return [*own.get(kind, []), _curl(url, key, body), *([_generic(url, key)] if kind == "generic" else [])]


def _alertmanager(url: str, key: str) -> Snippet:
    """A whole file: without a route Alertmanager does not start, and without group_by all alerts are one incident."""
    text = f"""\
route:
  receiver: {NAME.lower()}
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
receivers:
  - name: {NAME.lower()}
    webhook_configs:
      - url: {json.dumps(url)}
        send_resolved: true
        http_config:
          authorization:
            type: Bearer
            credentials: {json.dumps(key)}
"""
    note = (
        "A whole alertmanager.yml; check it with amtool check-config. If you have one, put what is under receivers "
        "into your receivers, name it in your route (receiver: sentinel), and reload Alertmanager. Each of its groups "
        "becomes one incident (group_by). The first alert pages after group_wait; further alerts of a group and its "
        "resolve come once in a group_interval."
    )
    return Snippet(name="Prometheus Alertmanager", language="yaml", text=text, note=note)


def _grafana(url: str, key: str) -> Snippet:
    text = f"""\
Name                                {NAME}
Integration                         Webhook
URL                                 {url}
Optional Webhook settings
  HTTP Method                       POST
  Authorization Header - Scheme     Bearer
  Authorization Header - Credentials  {key}
"""
    note = (
        "Alerting → Contact points → Add contact point; then name it in a notification policy. "
        "Grafana sends a failed request not again before the next group interval."
    )
    return Snippet(name="Grafana contact point", language="text", text=text, note=note)


def _grafana_file(url: str, key: str) -> Snippet:
    text = f"""\
apiVersion: 1
contactPoints:
  - orgId: 1
    name: {NAME}
    receivers:
      - uid: sentinel
        type: webhook
        settings:
          url: {json.dumps(url)}
          httpMethod: POST
          authorization_scheme: Bearer
          authorization_credentials: {json.dumps(key)}
"""
    note = "The same as a file: provisioning/alerting/sentinel.yaml of Grafana; it is read at Grafana's start."
    return Snippet(name="Grafana provisioning", language="yaml", text=text, note=note)


def _curl(url: str, key: str, body: object) -> Snippet:
    text = f"""\
curl -X POST {shlex.quote(url)} \\
  -H {shlex.quote(f"Authorization: Bearer {key}")} \\
  -H 'Content-Type: application/json' \\
  -d {shlex.quote(json.dumps(body))}
"""
    return Snippet(name="curl", language="shell", text=text, note="This opens an incident and pages people.")


def _generic(url: str, key: str) -> Snippet:
    over = {"dedup_key": ALERT["dedup_key"], "title": ALERT["title"], "status": "resolved"}
    text = f"""\
Method         POST
URL            {url}/{key}
Content-Type   application/json
Body           {json.dumps(ALERT)}
When it is over
Body           {json.dumps(over)}
"""
    note = (
        "For whatever can call a webhook. A sender that can set headers takes the address without the key, and "
        "Authorization: Bearer with it. Only title is needed; the same dedup_key is the same alert."
    )
    return Snippet(name="Any webhook", language="text", text=text, note=note)
