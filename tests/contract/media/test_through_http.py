"""A server over each media store: what is uploaded is seen, and what is deleted is gone."""

from __future__ import annotations

import attrs

from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock
from platform_core.content.ports import MediaStore
from platform_core.kernel.actor import Role
from support.media import keys, png, tend
from support.world import World, plain_media
from unit.http.served import served


async def test_an_upload_is_seen_by_others_until_it_is_deleted(media: MediaStore) -> None:
    world = World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), store=media))
    async with served(world=world) as server:
        jane, bob = await server.guest("jane", role=Role.CREATOR), await server.guest("bob")
        body = {"type": "image", "file": png(3)}
        made = (await server.api("POST", "/content", body, token=jane.token)).json
        [item] = (await server.api("GET", "/content/feed", token=bob.token)).json["items"]
        link = item["url"].removeprefix("http://media.example")

        answer = await server.ask("GET", link)
        if answer.status == 302:
            async with server.session.get(answer.headers["Location"]) as direct:
                assert (direct.status, await direct.read()) == (200, png(3))
        else:
            assert (answer.status, answer.raw) == (200, png(3))
        gone = await server.api("DELETE", f"/content/{made['contentId']}", token=jane.token)

        assert gone.status == 204
        assert (await server.ask("GET", link)).status == 404
        world.clock.advance(hours=24)
        assert await tend(world) == ["purged"]
        assert await keys(world) == []
        if answer.status == 302:
            async with server.session.get(answer.headers["Location"]) as direct:
                assert direct.status == 404
