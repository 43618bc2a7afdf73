"""What development makes up and keeps beside the data: secrets, in files that only this user may read."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import attrs

from entrypoints.loading import variable
from entrypoints.settings import SHORTEST_SECRET, WEAK, BadSettings, Settings

SECRETS = ("secret_key", "webhook_secret")


def with_secrets(settings: Settings, *, keep: bool = True) -> Settings:
    """The settings with every secret in place.

    In development missing ones are made up and kept beside the data, readable by this user only, so that sessions and
    keys outlive a restart. In production those that are used must be given, and be long and random.

    Args:
        settings: As they were loaded.
        keep: Whether what is made up is written down.

    Raises:
        BadSettings: One is missing or weak, or cannot be kept.
    """
    if settings.production:
        refuse_weak("secret_key", settings.secret_key)
        if settings.veza.jwt_secret:
            refuse_weak("veza.jwt_secret", settings.veza.jwt_secret)
        if settings.server.metrics_token:
            refuse_weak("server.metrics_token", settings.server.metrics_token)
        return settings
    missing = [name for name in SECRETS if not getattr(settings, name)]
    if not missing:
        return settings
    kept = _kept_secrets(settings, keep=keep)
    chosen = {name: getattr(settings, name) or kept[name] for name in SECRETS}
    return attrs.evolve(settings, secret_key=chosen["secret_key"], webhook_secret=chosen["webhook_secret"])


def refuse_weak(name: str, value: str) -> None:
    """Let a secret pass that is long and random.

    Args:
        name: The setting.
        value: Its value, or one of its values.

    Raises:
        BadSettings: It is missing or weak.
    """
    where = f"set {variable(name)} or {variable(name)}_FILE"
    if not value:
        raise BadSettings(f"{name}: must be set in production ({where})")
    if len(value) < SHORTEST_SECRET or len(set(value)) < 8 or value.casefold() in WEAK:
        raise BadSettings(f"{name}: is too weak for production: at least {SHORTEST_SECRET} random characters ({where})")


def _kept_secrets(settings: Settings, *, keep: bool) -> dict[str, str]:
    fresh = {name: secrets.token_urlsafe(32) for name in SECRETS}
    file = beside_data(settings, "secrets")
    if file is None:
        return fresh
    try:
        if not file.exists():
            if not keep:
                return fresh
            write_private(file, json.dumps(fresh))
        kept = json.loads(file.read_text())
        return {name: str(kept[name]) for name in SECRETS}
    except OSError as error:
        raise BadSettings(f"{file}: cannot be written: {error.strerror} (set {variable('secret_key')})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"{file}: is not a file of secrets any more (mend or delete it)") from error


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all; the first of several writers wins."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def beside_data(settings: Settings, suffix: str) -> Path | None:
    """A file of this user's for what development makes up: beside the SQLite file; for data on a server in the folder
    where this user's programs keep their state; None when nothing is kept.
    """
    url = settings.database_url
    if url.startswith("sqlite:"):
        return Path(f"{sqlite_path(url)}.{suffix}")
    if url == "memory:":
        return None
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "platform-core" / suffix


def sqlite_path(url: str) -> Path:
    """The file that a `sqlite:///file` names (`sqlite:////file` for an absolute path)."""
    return Path(unquote(urlsplit(url).path.removeprefix("/")))
