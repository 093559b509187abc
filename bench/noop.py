"""Baselines: a bare ASGI no-op and a FastAPI no-op. `python -m bench.noop bare|fastapi PORT`."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

api = FastAPI()


@api.post("/noop", status_code=202)
async def noop() -> dict[str, str]:
    return {"status": "accepted"}


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers 202."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"21")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})


if __name__ == "__main__":
    app: Any = api if sys.argv[1] == "fastapi" else bare
    uvicorn.run(
        app, port=int(sys.argv[2]), log_level="error", access_log=False, lifespan="off", loop="uvloop", http="httptools"
    )
