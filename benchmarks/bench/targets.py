"""Who is measured: ours, the peers a user would run instead, and how each is started and installed."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bench.dialects import PEER, TEEZU, Dialect
from bench.places import HERE, REPOSITORY, CommandFailed, cache, sh
from bench.postgres import programs

GIN_MODULES = ("github.com/gin-gonic/gin@v1.8.1", "github.com/jackc/pgx/v4@v4.15.0")
GIN_PACKAGES = ("golang-github-gin-gonic-gin-dev", "golang-github-jackc-pgx-v4-dev")
DEBIAN_GO = pathlib.Path("/usr/share/gocode")
DEBIAN_GIN = DEBIAN_GO / "src/github.com/gin-gonic/gin"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server: a shell command that listens on $PORT, stores in $DATABASE_URL and starts $WORKERS processes."""

    name: str
    command: str
    dialect: Dialect = PEER
    family: str = "peers"
    workers: int = 1
    kinds: frozenset[str] = frozenset({"hello", "wallet", "tip", "hot", "feed"})
    """The operations it serves, by the load script's names."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether this is the server of this repository."""
        return self.family == "ours"

    def times(self, workers: int) -> Target:
        """The same with several processes."""
        return self if workers == 1 else replace(self, name=f"{self.name}:{workers}", workers=workers)


def ours(command: str) -> Target:
    """Our own server, its rate limiter on but out of the way of one loopback client."""
    return Target(
        name="ours",
        command=f"exec {command} serve --api teezu --port $PORT --workers $WORKERS --database-url $DATABASE_URL",
        dialect=TEEZU,
        family="ours",
        kinds=frozenset({"hello", "wallet", "tip", "hot"}),
        environment=OUR_SETTINGS,
    )


OUR_SETTINGS = {
    "PLATFORM_CORE_LIMITS_DEFAULT_PER_MINUTE": "10000000",
    "PLATFORM_CORE_LIMITS_MONEY_PER_MINUTE": "10000000",
    "PLATFORM_CORE_LOG_LEVEL": "warning",
    "PLATFORM_CORE_REQUIRE_IDEMPOTENCY_KEY": "true",
    "PLATFORM_CORE_SECRET_KEY": "a secret of the benchmark, known to all who read this",
    "PLATFORM_CORE_WEBHOOK_SECRET": "another secret of the benchmark, known just as well",
}


def peers() -> list[Target]:
    """What a user would run instead, as its own documentation shows it."""
    node, python, gin = cache() / "node", cache() / "venv/bin/python", cache() / "gin-peer"
    uvicorn = (
        f"cd {HERE}/peers/fastapi && exec {python} -B -m uvicorn app:app --host 127.0.0.1 --port $PORT --loop uvloop"
        " --http httptools --no-access-log --log-level warning --workers $WORKERS"
    )
    floor = f"exec {python} -B {HERE}/peers/hello/aiohttp_hello.py"
    return [
        Target(name="fastify", command=f"cd {node} && exec node server.mjs"),
        Target(name="fastify-prep", command=f"cd {node} && PREPARED=1 exec node server.mjs"),
        Target(name="fastapi", command=uvicorn),
        Target(name="gin", command=f"POOL=$POOL_TOTAL exec {gin}"),
        Target(name="aiohttp-hello", command=floor, kinds=frozenset({"hello"})),
    ]


def our_command(named: str | None) -> str:
    """How our own command is called: as said, from this Python's folder, or from a venv made in the cache."""
    if named:
        return named
    beside = pathlib.Path(sys.executable).parent / "platform-core"
    if beside.exists():
        return str(beside)
    found = shutil.which("platform-core")
    if found:
        return found
    venv = cache() / "ours"
    print(f"installing platform-core into {venv}", flush=True)
    sh(sys.executable, "-m", "venv", venv)
    sh(venv / "bin/pip", "install", "-q", "-e", f"{REPOSITORY}[all]")
    return str(venv / "bin/platform-core")


# ---------------------------------------------------------------- installing the peers


def install(names: set[str]) -> set[str]:
    """Install what the named peers need and give the names that cannot run here, each said aloud."""
    _debian(names)
    if shutil.which("wrk") is None or programs() is None:
        raise SystemExit("wrk and PostgreSQL 15 or newer with pgbench are needed (Debian: wrk, postgresql)")
    steps: dict[str, Callable[[], None]] = {
        "fastify": _fastify,
        "fastify-prep": _fastify,
        "fastapi": _fastapi,
        "aiohttp-hello": _fastapi,
        "gin": _gin,
    }
    missing: set[str] = set()
    for name in sorted(names & steps.keys()):
        try:
            steps[name]()
        except (CommandFailed, OSError) as error:
            print(f"NOT MEASURED: {name} cannot be installed here: {error}", flush=True)
            missing.add(name)
    return missing


def _debian(names: set[str]) -> None:
    packages = [] if shutil.which("wrk") else ["wrk"]
    packages += [] if programs() else ["postgresql"]
    if "gin" in names and not (cache() / "gin-peer").exists():
        packages += [] if shutil.which("go") else ["golang"]
        packages += [] if DEBIAN_GIN.exists() else list(GIN_PACKAGES)
    packages += ["nodejs", "npm"] if any(n.startswith("fastify") for n in names) and not shutil.which("npm") else []
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(packages)}", flush=True)
        sh("apt-get", "update")
        sh("apt-get", "install", "-y", "--no-install-recommends", *packages, env={"DEBIAN_FRONTEND": "noninteractive"})


def _fastify() -> None:
    home = cache() / "node"
    home.mkdir(exist_ok=True)
    for name in ("package.json", "server.mjs", "schema.mjs"):
        shutil.copy(HERE / "peers/fastify" / name, home / name)
    if not (home / "node_modules/fastify").exists():
        sh("npm", "install", "--no-audit", "--no-fund", cwd=home)


def _fastapi() -> None:
    venv = cache() / "venv"
    if not (venv / "bin/uvicorn").exists():
        sh(sys.executable, "-m", "venv", venv)
        sh(venv / "bin/pip", "install", "-q", "-r", HERE / "peers/fastapi/requirements.txt")


def _gin() -> None:
    program, source = cache() / "gin-peer", HERE / "peers/gin/main.go"
    if program.exists() and program.stat().st_mtime >= source.stat().st_mtime:
        return
    build = {"GOCACHE": str(cache() / "go-build")}
    if DEBIAN_GIN.exists() and (DEBIAN_GO / "src/github.com/jackc/pgx").exists():
        debian = {**build, "GO111MODULE": "off", "GOPATH": str(DEBIAN_GO)}
        sh("go", "build", "-o", program, "main.go", cwd=source.parent, env=debian)
        return
    home = cache() / "gin"
    home.mkdir(exist_ok=True)
    shutil.copy(source, home / "main.go")
    modules = {**build, "GOPATH": str(cache() / "go"), "GOFLAGS": "-modcacherw"}
    if not (home / "go.mod").exists():
        sh("go", "mod", "init", "peer", cwd=home, env=modules)
    sh("go", "get", *GIN_MODULES, cwd=home, env=modules)
    sh("go", "mod", "tidy", cwd=home, env=modules)
    sh("go", "build", "-o", program, ".", cwd=home, env=modules)
