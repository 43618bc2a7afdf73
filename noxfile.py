"""What CI runs, one session each: `nox` for the checks, `nox -s bench` for the figures.

Plain pip and reused environments, so that a second run costs only what it checks.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types", "contracts", "docs"]


def install(session: nox.Session) -> None:
    session.install("-q", "-e", ".[dev]")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, with branch coverage; arguments after `--` go to pytest."""
    install(session)
    session.run("pytest", *(session.posargs or ["--cov", "--cov-report=term-missing:skip-covered"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and format."""
    install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict, over sources and tests."""
    install(session)
    session.run("mypy")


@nox.session
def contracts(session: nox.Session) -> None:
    """Imports point inwards."""
    install(session)
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site; a broken link fails."""
    install(session)
    session.run("zensical", "build", "--strict", "--clean")


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks; arguments after `--` go to them."""
    install(session)
    session.run("python", "benchmarks/run.py", *session.posargs)
