"""Deterministic simulation of the money side: random actors, injected faults, and what must hold after every step."""
