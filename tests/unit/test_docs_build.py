"""The docs build strictly: a broken link, anchor or setting is a failure."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A copy of the docs in a folder of their own, so that a build here never meets one that runs beside it."""
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )


def test_docs_build_without_a_warning(docs: Path) -> None:
    result = build(docs)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (docs / "site" / "index.html").is_file()


@pytest.mark.parametrize(
    ("link", "complaint"),
    [("nowhere.md", "page does not exist"), ("index.md#no-such-heading", "anchor does not exist")],
)
def test_docs_build_fails_on_a_broken_link(docs: Path, link: str, complaint: str) -> None:
    with (docs / "docs" / "index.md").open("a") as page:
        page.write(f"\nA [broken link]({link}).\n")
    result = build(docs)
    assert result.returncode != 0, result.stdout + result.stderr
    assert complaint in result.stdout + result.stderr


def test_docs_site_asks_no_other_host_for_anything(docs: Path) -> None:
    result = build(docs)
    assert result.returncode == 0, result.stdout + result.stderr
    page = (docs / "site" / "index.html").read_text()
    assert "fonts.googleapis.com" not in page
    assert 'src="http' not in page
