"""Everything in this process's memory: for tests, scripts and embedding."""

from adapters.memory.passwords import QuickPasswords
from adapters.memory.platform import MemoryPlatform, memory_platform
from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock, SeededIds

__all__ = ["ManualClock", "MemoryPlatform", "MemoryStore", "QuickPasswords", "SeededIds", "memory_platform"]
