"""Demo pictures: drawn by a few lines, the same each time, some for everybody and some for those who pay."""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from platform_core.content.access import Tier
from platform_core.content.moderating import ListContent
from platform_core.content.paying import SetTiers
from platform_core.content.ports import Incoming, MediaForm
from platform_core.content.uploading import UploadContent
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import PlatformError
from platform_core.platform import Platform

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 720, 480
FAN, SUPERFAN = 100, 300


@frozen
class _Shot:
    caption: str
    sky: tuple[int, int, int]
    glow: tuple[int, int, int]
    tier: Tier = Tier.FREE
    price: int = 0


SHOTS = (
    _Shot("Morning over the hills", (96, 150, 214), (250, 214, 165)),
    _Shot("Last light 🌅", (52, 42, 96), (242, 120, 75)),
    _Shot("Rehearsal notes, for fans", (28, 68, 78), (150, 214, 190), tier=Tier.FAN),
    _Shot("A quiet lake", (120, 170, 200), (226, 236, 240)),
    _Shot("The long take, uncut", (40, 16, 48), (214, 70, 140), price=25),
)


async def seed_content(platform: Platform, creator: Actor) -> None:
    """Upload the demo's pictures as this creator, unless there are some; none where nothing can be uploaded."""
    # As in the other scenes: a creator who was banned or changed has none made, nor has one where there are no media.
    with suppress(PlatformError):
        if await platform.execute(ListContent(creator=creator.id, deleted=None, limit=1), by=Actor.operator("demo")):
            return
        await platform.execute(SetTiers(FAN, SUPERFAN), by=creator)
        platform.media.studio.recognise(b"")
        for number, shot in enumerate(SHOTS):
            picture = _drawn(shot, number)
            file = Incoming(hashlib.sha256(picture).hexdigest(), len(picture), "demo.png", BytesIO(picture))
            upload = UploadContent(file, MediaForm.IMAGE, shot.caption, tier=shot.tier, token_price=shot.price)
            await platform.execute(upload, by=creator)


def _drawn(shot: _Shot, number: int) -> bytes:
    """A sky, a sun and a few hills."""
    from PIL import Image, ImageDraw, ImageFilter

    random = Random(number)  # noqa: S311  # a drawing, not a secret
    ramp = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    image = Image.composite(Image.new("RGB", ramp.size, shot.glow), Image.new("RGB", ramp.size, shot.sky), ramp)
    sun = Image.new("L", image.size)
    x, y, radius = random.randint(150, 570), random.randint(130, 250), random.randint(40, 70)
    ImageDraw.Draw(sun).ellipse((x - radius, y - radius, x + radius, y + radius), fill=235)
    image.paste(Image.new("RGB", image.size, (255, 244, 224)), mask=sun.filter(ImageFilter.GaussianBlur(6)))
    for depth in range(4):
        _hill(image, shot, random, depth)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _hill(image: Image, shot: _Shot, random: Random, depth: int) -> None:
    from PIL import ImageDraw

    share = 0.62 - depth * 0.16
    red, green, blue = (int(part * share) for part in shot.sky)
    base = HEIGHT * (0.58 + depth * 0.1)
    waves = [(random.uniform(20, 60), random.uniform(90, 260), random.uniform(0, 6)) for _ in range(3)]
    ridge = [
        (x, base - sum(high * math.sin(x / wide + start) for high, wide, start in waves) / 2)
        for x in range(0, WIDTH + 8, 8)
    ]
    ImageDraw.Draw(image).polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], fill=(red, green, blue))
