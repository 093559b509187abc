"""Configuration and read models: SQLAlchemy on psycopg 3. The runtime's own tables are in runtime/sql."""

from __future__ import annotations
