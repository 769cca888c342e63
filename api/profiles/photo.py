"""A photo as it is kept: upright, at most so large, a JPEG without what a camera writes into it. Pure.

A telephone writes into a photo where it was taken, which is most often the home.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

#: Longest upload. Bytes; a telephone's photo has 2 to 6 MB.
MOST_BYTES = 10_000_000
#: Most pixels an upload may unpack to. Count; the largest telephones have 50 million. More is a trap for memory.
MOST_PIXELS = 60_000_000
#: Longest side as it is kept. Pixels; fills a printed half page at 150 dpi.
LONGEST_SIDE = 1_200
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 85


class PhotoError(Exception):
    """A photo cannot be used; the message says what to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo as it is kept: JPEG."""

    image: bytes
    width_px: int
    height_px: int


def prepared(raw: bytes) -> Photo:
    """A photo made ready to be kept.

    Raises:
        PhotoError: too large, broken, or in a format we do not take.
    """
    if len(raw) > MOST_BYTES:
        raise PhotoError(f"The photo has more than {MOST_BYTES // 1_000_000} MB. Send a smaller one.")
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
            _check_size(opened.size)
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise PhotoError(f"This is no photo that can be read. Send a {', '.join(FORMATS)} file.") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A new picture from the pixels alone: nothing else comes along.
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return Photo(image=written.getvalue(), width_px=clean.width, height_px=clean.height)


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise PhotoError(f"The photo has more than {MOST_PIXELS // 1_000_000} million pixels. Send a smaller one.")
