"""`python -m cli`, what the `sentinel` script runs."""

from __future__ import annotations

from cli.main import main

main()
