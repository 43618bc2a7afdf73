"""An installation without the extras works as far as it goes."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCK = "import sys; sys.modules.update(dict.fromkeys({missing!r})); "


@pytest.mark.parametrize(
    ("missing", "works"),
    [
        (("asyncpg", "redis"), "from adapters.stores import make_store; make_store('sqlite:///:memory:')"),
        (
            ("sqlalchemy", "alembic", "asyncpg", "aiohttp"),
            "from adapters.memory import memory_platform; memory_platform()",
        ),
        (
            ("PIL", "vaderSentiment", "aiohttp"),
            (
                "from platform_core.kernel.sync import run_sync; from adapters.assist import LocalMoods; "
                "moods = LocalMoods(); assert run_sync(moods.of_text('so happy')).name == 'happy'; "
                "assert not moods.sees"
            ),
        ),
        (("cattrs", "msgspec", "sqlalchemy", "aiohttp", "click"), "import platform_core"),
        (("asyncpg", "redis"), "from entrypoints.http.server import build_app; import entrypoints.cli.root"),
    ],
)
def test_what_is_not_installed_is_not_needed(missing: tuple[str, ...], works: str) -> None:
    program = BLOCK.format(missing=missing) + works
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)

    assert result.returncode == 0, result.stderr
