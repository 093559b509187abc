"""`python -m ui.build`: compile the pages into ui/_site. Needs the packages of requirements/ui.txt and an npm registry.

The same source gives the same bytes: Reflex's random project id is pinned, and hashes of strings by PYTHONHASHSEED.
"""

from __future__ import annotations

import json
import os
import shutil
import sys

from ui.site import HERE, SITE, for_building


def main() -> int:
    """0, or 1 with Reflex's words on standard error."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "ui.build"])
    for_building()
    from reflex.utils import export, frontend_skeleton, prerequisites
    from reflex_base import constants

    web = prerequisites.get_web_dir()
    if prerequisites.needs_reinit():
        frontend_skeleton.initialize_web_directory()
    pinned = json.dumps({"version": constants.Reflex.VERSION, "project_hash": 1})
    prerequisites.set_last_reflex_run_time = lambda: (web / "reflex.json").write_text(pinned)
    export.export(zipping=False, backend=False, frontend=True)
    fresh = SITE.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(web / "build" / "client", fresh / "build" / "client")
    shutil.copytree(web / "backend", fresh / "backend", ignore=lambda _, names: [n for n in names if ".json" not in n])
    shutil.copy(web / "routes.json", fresh)
    shutil.rmtree(SITE, ignore_errors=True)
    fresh.rename(SITE)
    shutil.rmtree(HERE / "assets" / "external", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
