"""How properties are tried: the same examples on every run, however slow the machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

STEADY = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
