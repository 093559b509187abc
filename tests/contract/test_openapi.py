"""The committed OpenAPI document is what the gateway serves; clients are generated from it.

`python -m tests.contract.test_openapi` (make openapi) writes it.
"""

from __future__ import annotations

import json
from pathlib import Path

from gateway.app import build_api
from gateway.services import Services
from storage.settings import Settings

COMMITTED = Path(__file__).parents[2] / "gateway" / "openapi.json"


def document() -> str:
    """The document as the code says, independent of the environment."""
    settings = Settings(
        database_url="postgresql://x@localhost/x", redis_url="redis://localhost", home=Path("/tmp"), secret_key="x"
    )
    return json.dumps(build_api(Services.build(settings)).openapi(), indent=1, sort_keys=True) + "\n"


def test_the_committed_document_is_up_to_date() -> None:
    assert COMMITTED.read_text() == document(), "run `make openapi` and commit gateway/openapi.json"


if __name__ == "__main__":
    COMMITTED.write_text(document())
