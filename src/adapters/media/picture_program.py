"""Run as a program: read a picture on standard input, write it anew on standard output.

It is a process of its own with little memory and little time, so that a picture made to harm harms nobody. What it
writes begins with a line of JSON: `refused` with a sentence, or what the picture is and how long the parts are that
follow.
"""

import io
import json
import sys
from typing import Any

MOST_PIXELS = 40_000_000
MOST_SIDE = 8_192
MOST_FRAMES = 300
MOST_MOVING_PIXELS = 120_000_000
"""All frames of a moving picture together."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
THUMBNAIL = 480
PREVIEW = 12


class Refused(Exception):
    """The picture is not taken."""


def main() -> None:
    """Do it."""
    try:
        head, parts = _made(sys.stdin.buffer)
    except Refused as refusal:
        head, parts = {"refused": str(refusal)}, []
    except MemoryError:
        head, parts = {"refused": "takes too much memory to decode"}, []
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(parts))


def _made(file: Any) -> tuple[dict[str, Any], list[bytes]]:
    from PIL import Image, UnidentifiedImageError

    # The bound below is ours; this one of Pillow's would only warn.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(file, formats=FORMATS) as image:
            _check(image)
            return _encoded(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
        raise Refused("is damaged") from error
    except Image.DecompressionBombError as error:
        raise Refused("has too many pixels") from error


def _check(image: Any) -> None:
    """By its header: nothing has been decoded yet."""
    width, height = image.size
    if width > MOST_SIDE or height > MOST_SIDE:
        raise Refused(f"must be at most {MOST_SIDE} pixels wide and high")
    if width * height > MOST_PIXELS:
        raise Refused(f"must have at most {MOST_PIXELS} pixels")


def _frames(image: Any) -> int:
    """How many frames it has, counted up to one too many: counting reads them."""
    try:
        for number in range(1, MOST_FRAMES + 1):
            image.seek(number)
    except EOFError:
        image.seek(0)
        return number
    raise Refused(f"must have at most {MOST_FRAMES} frames")


def _encoded(image: Any) -> tuple[dict[str, Any], list[bytes]]:
    if getattr(image, "is_animated", False) and (count := _frames(image)) > 1:
        if count * image.width * image.height > MOST_MOVING_PIXELS:
            raise Refused("has too many pixels in all its frames")
        return _moving(image)
    upright = _upright(image)
    # Lossless stays lossless. The others are encoded well enough that nobody sees a second encoding.
    if image.format in ("PNG", "GIF"):
        return _told(upright, "png", "image/png", _saved(upright, "PNG"))
    if image.format == "JPEG" and upright.mode == "RGB":
        return _told(upright, "jpg", "image/jpeg", _saved(upright, "JPEG", quality=90, subsampling=0))
    return _told(upright, "webp", "image/webp", _saved(upright, "WEBP", quality=90, method=3))


def _moving(image: Any) -> tuple[dict[str, Any], list[bytes]]:
    from PIL import ImageSequence

    durations: list[int] = []

    def frames() -> Any:
        for frame in ImageSequence.Iterator(image):
            durations.append(max(20, min(10_000, int(frame.info.get("duration") or 100))))
            yield frame.convert("RGBA")

    kept = list(frames())
    first = kept[0]
    body = _saved(
        first, "WEBP", save_all=True, append_images=kept[1:], duration=durations, loop=0, quality=80, method=2
    )
    return _told(first, "webp", "image/webp", body)


def _upright(image: Any) -> Any:
    """Its pixels alone, turned the way its camera was held, in plain colours: nothing of its metadata is left."""
    from PIL import Image, ImageOps

    image.load()
    has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    turned = ImageOps.exif_transpose(image)
    plain = _plain_colours(turned, "RGBA" if has_alpha else "RGB")
    # Made anew from its bytes, so that no field of the old one comes along.
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _plain_colours(image: Any, mode: str) -> Any:
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        from PIL import ImageCms

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            wanted = "RGB" if image.mode in ("CMYK", "L") else image.mode
            image = ImageCms.profileToProfile(image, source, target, outputMode=wanted) or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # A profile that nobody can read: the colours are taken as they are.
    return image.convert(mode)


def _saved(image: Any, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _told(image: Any, extension: str, mime: str, body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    from PIL import ImageFilter

    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    thumbnail = _saved(small, "WEBP", quality=78, method=4)
    tiny = small.convert("RGB").filter(ImageFilter.GaussianBlur(max(1, max(small.size) // 48)))
    tiny.thumbnail((PREVIEW, PREVIEW))
    preview = _saved(tiny, "WEBP", quality=30, method=4)
    parts = [body, thumbnail, preview]
    head = {
        "extension": extension,
        "mime": mime,
        "width": image.width,
        "height": image.height,
        "parts": [len(part) for part in parts],
    }
    return head, parts


if __name__ == "__main__":
    main()
