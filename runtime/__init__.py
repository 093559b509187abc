"""Virtual actors on Ray: addressed by kind and key, one message at a time, durable in Postgres.

Knows nothing of on-call; it could be a package of its own. An author of an entity needs `runtime.entity`; a host is
`runtime.host`; the promises towards storage are in `runtime.store`. Start reading at `runtime.turn`.
"""

from __future__ import annotations
