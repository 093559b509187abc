"""The OpenAPI document: what FastAPI knows, plus the webhooks, the security schemes and the problem schema."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.ingest import PREFIX
from gateway.schemas.base import Problem
from integrations.registry import TYPES

SECURITY = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, snt_api_…"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sentinel_session"},
    "integrationKey": {"type": "http", "scheme": "bearer", "description": "An integration key, snt_int_…"},
}


def customise(app: FastAPI) -> None:
    """Have the application serve the complete document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


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
    for kind in TYPES:
        schema["paths"][f"{PREFIX}{kind}"] = {"post": _webhook(kind, problem)}
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
