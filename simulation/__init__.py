"""A whole organisation on virtual time: what would happen, judged and reported, before it happens.

The rules are the product's own (`domain`, and the entities of `actors`); only senders, people, providers, clock and
hosts are of the simulator. Nothing here reads a clock, draws from a global generator or does I/O: a scenario and
its seed give the same run, byte for byte, in any process.
"""

from __future__ import annotations
