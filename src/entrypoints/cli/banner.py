"""What `serve` says once it serves: where it listens, what to open, and in a demo what to try."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import frozen

from entrypoints.cli.output import Output, console
from entrypoints.demo import TIPPED, TIPPER, Demo
from entrypoints.http_options import base_url
from entrypoints.settings import Settings

#: The APIs there are, and where each is mounted.
APIS: Mapping[str, str] = {"teezu": "/teezu/api/v1", "veza": "/veza/api/v1"}
#: The page that uses Teezu.
STUDIO = "/studio"
TIP = 25


@frozen
class Banner:
    """Says it.

    Args:
        output: Where to.
        settings: All settings, with the port that was taken.
        began: When the start began, in seconds of the monotonic clock.
    """

    output: Output
    settings: Settings
    began: float

    def show(self, demo: Demo | None) -> None:
        """Say that requests are taken now."""
        if self.output.as_json:
            self.output.item(self._facts(demo))
            return
        screen = console()
        seconds = time.monotonic() - self.began
        screen.print(
            f"[bold]platform-core[/bold]  {self._parts()}  [dim]ready in {seconds:.1f} s[/dim]",
            soft_wrap=True,
            highlight=False,
        )
        for label, text in self._places():
            self._line(label, text)
        if demo is not None:
            for number, person in enumerate(demo.people.values()):
                name = f"{person.username} ({person.role.value})"
                text = f"{name:<16} {person.email:<18} password {person.password.reveal()}"
                self._line("" if number else "People", text)
            said, command = self._trial(demo)
            self._line("Try", said)
            screen.print()
            screen.print(command, markup=False, highlight=False, soft_wrap=True)
        if sys.stdout.isatty():
            screen.print("\n[dim]Ctrl-C stops it.[/dim]")
        sys.stdout.flush()

    def say(self, news: str) -> None:
        """Say something on the way."""
        self.output.note(f"platform-core: {news}")

    def tip_command(self, demo: Demo) -> str:
        """A command line that sends a tip, as it stands."""
        url = f"{base_url(self.settings)}{APIS['teezu']}/wallet/tip"
        body = json.dumps({"recipientId": demo.people[TIPPED].id, "amount": TIP, "context": "stream"})
        key = f" \\\n  -H 'Idempotency-Key: first-tip-{int(time.time())}'"
        return (
            f"curl -s {url} \\\n  -H 'Authorization: Bearer {demo.token.reveal()}'"
            f" \\\n  -H 'Content-Type: application/json'{key} \\\n  -d '{body}'"
        )

    def _trial(self, demo: Demo) -> tuple[str, str]:
        """What to try, and the command line for it."""
        if "teezu" in self._apis():
            return f"{TIPPER} tips {TIPPED} {TIP} TZT:", self.tip_command(demo)
        [path] = self._apis().values()
        tipper = demo.people[TIPPER]
        body = json.dumps({"email": tipper.email, "password": tipper.password.reveal()})
        url = f"{base_url(self.settings)}{path}"
        look = f"curl -s {url}/marketplace/products"
        login = f"curl -s {url}/auth/login \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
        return f"what {TIPPED} sells, and {TIPPER} signs in to buy:", f"{look}\n{login}"

    def _line(self, label: str, text: str) -> None:
        from rich.markup import escape

        console().print(f"  [cyan]{label:<8}[/cyan] {escape(text)}", highlight=False, soft_wrap=True)

    def _parts(self) -> str:
        settings = self.settings
        kind = {"memory": "memory", "sqlite": "SQLite"}.get(urlsplit(settings.database_url).scheme, "PostgreSQL")
        work = "background work here" if settings.background else "no background work here"
        many = f" | {settings.server.workers} processes" if settings.server.workers > 1 else ""
        return f"{settings.environment} | {kind} | {work}{many}"

    def _places(self) -> list[tuple[str, str]]:
        url = base_url(self.settings)
        places = [("Studio", f"{url}{STUDIO}")] if "teezu" in self._apis() else []
        for name, path in self._apis().items():
            places.append((name.capitalize(), f"{url}{path}"))
            if name == self.settings.server.api:
                places.append(("", f"{url}{path.removeprefix(f'/{name}')}"))
            places.append(("Docs", f"{url}/docs/{name}"))
        return [*places, ("Health", f"{url}/healthz")]

    def _apis(self) -> Mapping[str, str]:
        only = self.settings.server.api
        return {only: APIS[only]} if only else APIS

    def _facts(self, demo: Demo | None) -> dict[str, object]:
        url = base_url(self.settings)
        facts: dict[str, object] = {
            "url": url,
            "health": f"{url}/healthz",
            **({"studio": f"{url}{STUDIO}"} if "teezu" in self._apis() else {}),
            "apis": {name: f"{url}{path}" for name, path in self._apis().items()},
            "workers": self.settings.server.workers,
        }
        if demo is not None:
            people = {
                name: {"id": person.id, "email": person.email, "password": person.password.reveal()}
                for name, person in demo.people.items()
            }
            facts["demo"] = {"people": people, "token": demo.token.reveal(), "try": self._trial(demo)[1]}
        return facts
