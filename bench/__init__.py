"""Measurements, as ratios to a baseline in the same run. `make bench` writes bench/results/."""

from __future__ import annotations
