"""The mood of a picture from its colours: how bright, how strong, how warm."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from statistics import fmean
from typing import TYPE_CHECKING

from platform_core.assist.ports import Mood, Unusable

if TYPE_CHECKING:
    from PIL.Image import Image

#: Formats that are read; each decoder more is one more to trust with strangers' bytes.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: The most pixels that are decoded: a picture of a good camera.
MOST_PIXELS = 50_000_000
_SIDE = 48


def can_see() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def mood_of_colours(picture: bytes) -> Mood:
    """The mood of a picture.

    Raises:
        Unusable: It is no picture, one of another format, or too large.
    """
    try:
        from PIL import Image as Images
    except ImportError:
        raise Unusable("pictures are not supported here") from None
    try:
        with Images.open(BytesIO(picture), formats=FORMATS) as image:
            # The size stands in the head: what is too large is never decoded.
            colours = _colours(image) if image.width * image.height <= MOST_PIXELS else None
    except Exception:  # noqa: BLE001  # decoders fail in as many ways as there are broken pictures
        raise Unusable("is no picture that can be read") from None
    if colours is None:
        raise Unusable("has too many pixels")
    return _mood(colours)


def _colours(image: Image) -> list[tuple[int, ...]]:
    """Hue, saturation and brightness over the picture, each 0 to 255."""
    image.draft("RGB", (_SIDE * 4, _SIDE * 4))
    small = image.convert("RGB").resize((_SIDE, _SIDE)).convert("HSV").tobytes()
    return [tuple(small[place : place + 3]) for place in range(0, len(small), 3)]


def _mood(colours: list[tuple[int, ...]]) -> Mood:
    bright = fmean(value for _, _, value in colours) / 255
    strong = fmean(saturation for _, saturation, _ in colours) / 255
    coloured = [hue for hue, saturation, value in colours if saturation > 60 and value > 60]
    # Red to yellow, of a circle of 256.
    warm = sum(hue < 46 or hue > 230 for hue in coloured) / len(coloured) if coloured else 0.5
    tags = (
        "bright" if bright > 0.6 else "dark" if bright < 0.3 else "soft-light",
        "vivid" if strong > 0.5 else "muted" if strong < 0.2 else "balanced",
        "warm" if coloured and warm > 0.6 else "cool" if coloured and warm < 0.3 else "mixed",
    )
    if strong > 0.45 and bright > 0.45:
        name, sure = ("excited", strong) if warm > 0.5 else ("adventurous", strong)
    elif bright > 0.6:
        name, sure = ("happy", bright) if warm > 0.5 and coloured else ("calm", bright)
    elif bright < 0.3:
        name, sure = ("romantic", 1 - bright) if coloured and warm > 0.6 else ("sad", 1 - bright)
    else:
        name, sure = ("nostalgic", 0.5) if warm > 0.5 else ("calm", 0.5)
    # Colours alone never tell for certain.
    return Mood(name, round(min(0.3 + 0.4 * sure, 0.7), 2), tags)
