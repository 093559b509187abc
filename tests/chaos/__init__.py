"""Real faults on real parts: what senders were told and what people received, compared."""

from __future__ import annotations
