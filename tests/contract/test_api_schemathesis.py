"""Generated requests against the whole OpenAPI document: no 5xx, documented answers only, bad input refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.app import build_api, build_app
from gateway.services import Services
from storage import bootstrap
from storage.settings import Settings
from tests.conftest import cloned
from tests.fakes.ports import free_port

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
PLACEHOLDER = Settings(
    database_url="postgresql://x@127.0.0.1:1/x", redis_url="redis://127.0.0.1:1", home=Path("/tmp"), secret_key="x"
)
schema = schemathesis.openapi.from_dict(build_api(Services.build(PLACEHOLDER)).openapi())


class Served:
    """A gateway in a thread of its own."""

    def __init__(self, database: str, valkey_url: str, home: Path) -> None:
        self.port = free_port()
        self.keys: bootstrap.Keys | None = None
        self._settings = Settings(database_url=database, redis_url=valkey_url, home=home, port=self.port)
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    async def _main(self) -> None:
        services = Services.build(self._settings)
        await bootstrap.first_run(services.sessions, services.sealer)
        self.keys = await bootstrap.make_keys(services.sessions)
        self._server = uvicorn.Server(uvicorn.Config(build_app(services), port=self.port, log_level="error"))
        serving = asyncio.create_task(self._server.serve())
        await services.config.refresh()
        self._ready.set()
        await serving

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture(scope="module")
def served(
    pg_server: str, pg_template: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with cloned(pg_server) as database, Served(database, valkey_url, tmp_path_factory.mktemp("home")) as running:
        yield running


@schema.parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_documented(case: schemathesis.Case, served: Served) -> None:
    assert served.keys is not None
    key = served.keys.admin_key
    kind = case.path.rpartition("/")[2]
    if "webhooks" in case.path:
        key = served.keys.integrations[kind]
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{served.port}", headers={"Authorization": f"Bearer {key}"}, checks=list(CHECKS)
    )
