"""Chance as a function: the same seed and the same question give the same answer, in whatever order one asks.

Common random numbers follow from it: in two runs that differ by a policy, the same person reacts to the same page of
the same trouble in the same way, so that the difference between the runs is the policy's.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist

_SCALE = 1.0 / 2**53
_NORMAL = NormalDist()


class Chance:
    """Draws named by what they decide."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._root = blake2b(str(seed).encode(), digest_size=16)

    def unit(self, *what: object) -> float:
        """Uniform in (0, 1)."""
        try:
            name = "\x1f".join(what)  # type: ignore[arg-type]
        except TypeError:  # most are all texts, and to ask for each of them takes as long as the rest
            name = "\x1f".join(map(str, what))
        hashed = self._root.copy()
        hashed.update(name.encode("utf-8", "surrogatepass"))
        return (int.from_bytes(hashed.digest()[:8], "big") >> 11) * _SCALE or _SCALE

    def happens(self, chance: float, *what: object) -> bool:
        """True with this chance."""
        return chance > 0 and self.unit(*what) < chance

    def between(self, low: float, high: float, *what: object) -> float:
        """Uniform between the two."""
        return low + (high - low) * self.unit(*what)

    def whole(self, low: int, high: int, *what: object) -> int:
        """A whole number, both ends included."""
        return low + int((high - low + 1) * self.unit(*what))

    def pause(self, mean_s: float, *what: object) -> float:
        """Exponential: time until something that happens at a constant rate."""
        return -mean_s * math.log(self.unit(*what))

    def around(self, median: float, spread: float, *what: object) -> float:
        """Lognormal: as reaction times are; `spread` 0.8 means that one in six takes over 2.2 times the median."""
        return median * math.exp(spread * _NORMAL.inv_cdf(self.unit(*what)))
