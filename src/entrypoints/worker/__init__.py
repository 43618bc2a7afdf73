"""Background work: deliver events, move bookings on, let holds expire, forget what is out of date."""

from entrypoints.worker.worker import Worker

__all__ = ["Worker"]
