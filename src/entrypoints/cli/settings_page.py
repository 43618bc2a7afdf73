"""The page of the documentation that describes every setting, made from the settings themselves."""

from __future__ import annotations

from typed_settings.types import OptionInfo

from entrypoints.settings import OPTIONS, in_file, variable

HEAD = """# Settings

Later wins: the default, then the file, then the environment, then the command line.

The file is `platform-core.toml` in the working folder, or the one that `--config` or `PLATFORM_CORE_CONFIG` names. A
setting `server.port` is `port` under `[server]` in the file, and `PLATFORM_CORE_SERVER_PORT` in the environment. Lists
are separated by commas in the environment. A secret, or an address
with a password in it, can also be in a file of its own, which `…_FILE` names.

```toml
environment = "production"
database_url = "postgresql://app@db/platform"

[server]
base_url = "https://live.example.com"
workers = 4
trusted_proxies = ["10.0.0.0/8"]
```

In development a missing secret is made up and kept, readable by its owner only: beside an SQLite file in
`platform-core.db.secrets`, for PostgreSQL in `~/.local/state/platform-core/secrets`. In production a missing or weak
one that is needed is refused, in one line that names the setting.

`platform-core config show` prints every value with where it came from. Secrets, and passwords in addresses, are masked
there and in every error.

<!-- The rest of this page is made by `platform-core config reference`. -->
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    group = None
    for option in OPTIONS:
        prefix = option.path.rpartition(".")[0]
        if prefix != group:
            group = prefix
            about = (option.parent_cls.__doc__ or "").strip() if prefix else "What concerns everything."
            parts.append(f"\n## {prefix or 'General'}\n\n{about}\n\n")
            parts.append("| setting | default | what for | variable |\n|---|---|---|---|\n")
        parts.append(_row(option))
    return "".join(parts)


def _row(option: OptionInfo) -> str:
    about = option.metadata["help"]
    rules = option.metadata["rules"]
    if "choices" in rules:
        about += " One of " + ", ".join(f"`{choice}`" for choice in rules["choices"] if choice) + "."
    name = f"`{variable(option.path)}`" + (" or `…_FILE`" if in_file(option) else "")
    return f"| `{option.path}` | {_default(option)} | {about} | {name} |\n"


def _default(option: OptionInfo) -> str:
    value = option.default
    if option.is_secret or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{value}`"
