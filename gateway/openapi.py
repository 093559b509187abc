"""The OpenAPI document: what FastAPI knows, plus the webhooks, the security schemes and the problem schema."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.ingest import PREFIX
from gateway.pings import PREFIX as PINGS
from gateway.preconditions import document
from gateway.schemas.base import Problem
from integrations.registry import TYPES

SECURITY = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, snt_api_…"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sentinel_session"},
    "integrationKey": {"type": "http", "scheme": "bearer", "description": "An integration key, snt_int_…"},
}


METHODS = ("get", "head", "post")
"""By which a heartbeat is pinged."""


def customise(app: FastAPI, base: str) -> None:
    """Have the application serve the complete document. `base`: the path it is served beneath, "" at the root."""

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = {**_complete(app), **({"servers": [{"url": base}]} if base else {})}
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def _complete(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = schema.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/v1"):
                operation["security"] = [{"apiKey": []}, {"session": []}]
            for status, response in operation["responses"].items():
                if status.startswith("4"):
                    response["content"] = problem
    document(schema["paths"])
    for kind in TYPES:
        schema["paths"][f"{PREFIX}{kind}"] = {"post": _webhook(kind, problem)}
    schema["paths"][f"{PINGS}{{key}}"] = {m: _ping(m, "", "A run of the job is finished", problem) for m in METHODS}
    text = "start: a run begins; fail: it failed; 0: it is finished; another exit code: it failed"
    schema["paths"][f"{PINGS}{{key}}/{{signal}}"] = {m: _ping(m, "signal", text, problem) for m in METHODS}
    return schema


def _webhook(kind: str, problem: dict[str, Any]) -> dict[str, Any]:
    accepted = {
        "type": "object",
        "required": ["status", "receipt", "alerts", "incident_lines"],
        "properties": {
            "status": {"const": "accepted"},
            "receipt": {"type": "string"},
            "alerts": {"type": "integer"},
            "incident_lines": {"type": "array", "items": {"type": "string"}},
        },
    }
    statuses = {
        "400": "The body cannot be unpacked",
        "401": "Unknown or missing integration key",
        "403": "A key of another integration type",
        "413": "Too large",
        "415": "Unknown content encoding",
        "422": "Not this sender's format",
        "503": "Stored nothing; send it again",
    }
    return {
        "tags": ["webhooks"],
        "operationId": f"postWebhook{kind.capitalize()}",
        "summary": f"Alerts from {kind}; the key may also be the last path segment",
        "security": [{"integrationKey": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "202": {"description": "Committed", "content": {"application/json": {"schema": accepted}}},
            **{code: {"description": text, "content": problem} for code, text in statuses.items()},
        },
    }


def _ping(method: str, signal: str, summary: str, problem: dict[str, Any]) -> dict[str, Any]:
    fields = {"status": {"const": "accepted"}, "receipt": {"type": "string"}, "ping": {"type": "string"}}
    accepted = {"type": "object", "required": list(fields), "properties": fields}
    names = ["key", signal] if signal else ["key"]
    statuses = {"404": "No heartbeat has this address, or it ends in a word that says nothing", "503": "Ping again"}
    content = {} if method == "head" else {"content": {"application/json": {"schema": accepted}}}
    return {
        "tags": ["heartbeats"],
        "operationId": f"{method}{'Signal' if signal else 'Ping'}",
        "summary": summary,
        "security": [],
        "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names],
        "responses": {
            "200": {"description": "Committed", **content},
            **{code: {"description": text, "content": problem} for code, text in statuses.items()},
        },
    }
