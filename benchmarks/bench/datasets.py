"""The seeded databases that cells copy: built once, kept in the cluster, built again when their recipe changes."""

from __future__ import annotations

import hashlib
import pathlib
import sys
import time
from dataclasses import dataclass

from bench.places import HERE, REPOSITORY, sh
from bench.postgres import Postgres

HISTORY = 100_000
LONG_HISTORY = 1_000_000
CONTENT = 200_000
SHORT_CONTENT = 2_000


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What a seeded database holds: whose schema, how many old tips, how many items in the feed."""

    family: str
    """Whose schema: peers or ours."""
    history: int = HISTORY
    content: int = CONTENT

    def recipe(self) -> list[pathlib.Path]:
        """The files that decide what is in the database."""
        if self.family == "peers":
            return [HERE / "sql/peers_schema.sql", HERE / "sql/peers_seed.sql"]
        sql, identity = REPOSITORY / "src/adapters/sql", REPOSITORY / "src/platform_core/identity"
        migrations = sorted((sql / "migrations").rglob("*.py"))
        return [HERE / "seed_ours.py", identity / "sessions.py", sql / "tables.py", *migrations]

    def database(self) -> str:
        """The name of the database, which changes with the recipe."""
        digest = hashlib.sha256()
        for path in self.recipe():
            digest.update(path.read_bytes())
        return f"{self._stem()}_{digest.hexdigest()[:8]}"

    def ensure(self, postgres: Postgres, ours: str) -> str:
        """Build the database unless it is there already; give its name."""
        name = self.database()
        have = postgres.databases()
        if name in have:
            return name
        for stale in have:
            if stale.startswith(self._stem() + "_"):
                postgres.drop(stale)
        since = time.monotonic()
        building = f"{self._stem()}_building"
        postgres.create(building)
        if self.family == "peers":
            sizes = ("-v", f"history={self.history}", "-v", f"content={self.content}")
            postgres.sql(building, "-f", str(HERE / "sql/peers_schema.sql"))
            postgres.sql(building, *sizes, "-f", str(HERE / "sql/peers_seed.sql"))
        else:
            url = postgres.url(building)
            sh("bash", "-c", f"{ours} db upgrade --database-url {url}")
            sh(_python_of(ours), HERE / "seed_ours.py", "--database-url", url, "--history", str(self.history),
               "--psql", postgres.bin / "psql")  # fmt: skip
        postgres.sql("postgres", "-c", f"ALTER DATABASE {building} RENAME TO {name}")
        print(f"seeded {name} in {time.monotonic() - since:.0f} s", flush=True)
        return name

    def _stem(self) -> str:
        return f"bench_{self.family}_{self.history}_{self.content}"


def _python_of(command: str) -> pathlib.Path:
    """The Python that has our package: the one beside our command."""
    beside = pathlib.Path(command.split(maxsplit=1)[0]).parent / "python"
    return beside if beside.exists() else pathlib.Path(sys.executable)
