"""Turns and outcomes of sends as the parallel arrays that the statements unnest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runtime.errors import StatementRejected
from runtime.store import SendResult, Turn


def json_text(value: Any) -> str:
    """JSON for a jsonb column; StatementRejected if it has none (half a surrogate pair, an unknown type)."""
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, OverflowError) as error:
        raise StatementRejected(f"not JSON: {error}") from error


def commit_parameters(epochs: Mapping[int, int], turns: Sequence[Turn]) -> dict[str, list[Any]]:
    """Parameters of the named statement `commit` in sql/queries.sql."""
    return {
        "own_shard": list(epochs),
        "own_epoch": list(epochs.values()),
        **_journal(turns),
        **_entities(turns),
        **_timers(turns),
        **_effects(turns),
        **_inbox(turns),
        **_records(turns),
    }


def _journal(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    rows = [(t, j) for t in turns for j in t.journal]
    return {
        "j_entity": [t.entity for t, _ in rows],
        "j_seq": [j.seq for _, j in rows],
        "j_shard": [t.shard for t, _ in rows],
        "j_cause": [j.cause for _, j in rows],
        "j_kind": [j.kind for _, j in rows],
        "j_body": [json_text(j.body) for _, j in rows],
        "j_at": [t.at for t, _ in rows],
    }


def _entities(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    return {
        "e_entity": [t.entity for t in turns],
        "e_shard": [t.shard for t in turns],
        "e_seq": [t.seq for t in turns],
        "e_version": [t.version for t in turns],
        "e_state": [t.state for t in turns],
        "e_closed": [t.closed for t in turns],
    }


def _timers(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    # One statement must not delete and insert the same row: a replaced timer is only set.
    drops = [(t, name, gen) for t in turns for name, gen in t.drop_timers if name not in {s.name for s in t.set_timers}]
    sets = [s for t in turns for s in t.set_timers]
    return {
        "d_entity": [t.entity for t, _, _ in drops],
        "d_shard": [t.shard for t, _, _ in drops],
        "d_name": [name for _, name, _ in drops],
        "d_gen": [gen for _, _, gen in drops],
        "t_entity": [s.entity for s in sets],
        "t_name": [s.name for s in sets],
        "t_shard": [s.shard for s in sets],
        "t_gen": [s.gen for s in sets],
        "t_due": [s.due_at for s in sets],
    }


def _effects(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    cancels = [(t, g) for t in turns for g in t.cancel_groups]
    effects = [(t, e) for t in turns for e in t.effects]
    return {
        "c_entity": [t.entity for t, _ in cancels],
        "c_shard": [t.shard for t, _ in cancels],
        "c_grp": [g for _, g in cancels],
        "o_id": [e.id for _, e in effects],
        "o_entity": [t.entity for t, _ in effects],
        "o_shard": [t.shard for t, _ in effects],
        "o_kind": [e.kind for _, e in effects],
        "o_channel": [e.channel for _, e in effects],
        "o_grp": [e.group for _, e in effects],
        "o_body": [json_text(e.body) for _, e in effects],
        "o_due": [e.due_at for _, e in effects],
        "o_at": [t.at for t, _ in effects],
    }


def _inbox(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    done = [(t, i) for t in turns for i in t.done]
    tells = [(t, m) for t in turns for m in t.tells]
    return {
        "i_id": [i for _, i in done],
        "i_shard": [t.shard for t, _ in done],
        "i_reply": [json_text(t.replies[i]) if i in t.replies else None for t, i in done],
        "m_from": [t.shard for t, _ in tells],
        "m_shard": [m.shard for _, m in tells],
        "m_entity": [m.entity for _, m in tells],
        "m_kind": [m.kind for _, m in tells],
        "m_dedup": [m.dedup for _, m in tells],
        "m_body": [m.body for _, m in tells],
        "m_halts": [m.halts for _, m in tells],
        "m_env": [m.env_version for _, m in tells],
    }


def _records(turns: Sequence[Turn]) -> dict[str, list[Any]]:
    records = [(t, r) for t in turns for r in t.records]
    return {
        "r_id": [r.id for _, r in records],
        "r_entity": [t.entity for t, _ in records],
        "r_shard": [t.shard for t, _ in records],
        "r_rev": [t.seq for t, _ in records],
        "r_facets": [json_text(r.facets) for _, r in records],
        "r_body": [json_text(r.body) for _, r in records],
    }


def result_parameters(results: Sequence[SendResult]) -> dict[str, list[Any]]:
    """Parameters of the named statement `record_sends`, but for the host."""
    told = [r for r in results if r.tell is not None]
    tells = [r.tell for r in told if r.tell is not None]
    return {
        "id": [r.id for r in results],
        "state": [r.state for r in results],
        "detail": [r.detail for r in results],
        "provider": [r.provider_id for r in results],
        "due": [r.due_at for r in results],
        "unknown": [int(r.unknown) for r in results],
        "tried": [r.tried for r in results],
        "m_id": [r.id for r in told],
        "m_shard": [m.shard for m in tells],
        "m_entity": [m.entity for m in tells],
        "m_kind": [m.kind for m in tells],
        "m_dedup": [m.dedup for m in tells],
        "m_body": [m.body for m in tells],
        "m_halts": [m.halts for m in tells],
        "m_env": [m.env_version for m in tells],
    }
