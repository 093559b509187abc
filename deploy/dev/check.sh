#!/bin/sh
# Everything that can be checked without running: style, types, import rules.
set -eu
bin=.venv/bin
echo "  ruff …"; $bin/ruff check --quiet .; $bin/ruff format --quiet --check . || { echo "run .venv/bin/ruff format ." >&2; exit 1; }
echo "  mypy --strict …"; $bin/mypy
echo "  import rules …"; told=$($bin/lint-imports --no-cache) || { echo "$told" >&2; exit 1; }; echo "$told" | tail -n 1
