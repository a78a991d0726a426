"""Draws the icon, a bandstand: as SVG, and as PNG, ICO and ICNS for the systems that want pixels.

Nothing but the standard library: filled polygons, each pixel sampled several times so that edges are smooth.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from pathlib import Path

SIZE = 256
"""Units of the drawing, and pixels of the largest picture."""
SAMPLES = 4
"""Samples a pixel has in each direction."""
PIXELS = (256, 128, 64, 48, 32, 16)
"""Edges of the pictures in the ICO."""
ICNS_KINDS = {256: b"ic08", 128: b"ic07"}
"""The format's names of the sizes, which are those of the PNG files inside."""

Point = tuple[float, float]
Shape = tuple[str, list[Point]]


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Return the corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def arc(x: float, y: float, radius: float, first: float, last: float) -> list[Point]:
    """Return points on a circle, from one angle to another, in degrees."""
    steps = 12
    angles = [math.radians(first + (last - first) * step / steps) for step in range(steps + 1)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def rounded(edge: float, radius: float) -> list[Point]:
    """Return a square with round corners."""
    low, high = radius, edge - radius
    corners = [(low, low, 180), (high, low, 270), (high, high, 0), (low, high, 90)]
    return [point for x, y, angle in corners for point in arc(x, y, radius, angle, angle + 90)]


def bandstand() -> list[Shape]:
    """Return the drawing: colours and polygons, from back to front."""
    sky, roof, edge, wood, stone = "#1f4e79", "#d9502e", "#f2b134", "#f7efe0", "#b9c4cf"
    columns = [(wood, box(x, 116, x + 8, 184)) for x in (62, 93, 124, 155, 186)]
    rails = [(wood, box(62, 152, 116, 158)), (wood, box(140, 152, 194, 158))]
    return [
        (sky, rounded(SIZE, 48)),
        (edge, arc(128, 44, 9, 0, 360)),
        (edge, box(125, 48, 131, 64)),
        (roof, [(128, 58), (152, 78), (214, 106), (42, 106), (104, 78)]),
        (edge, box(40, 106, 216, 116)),
        *columns,
        *rails,
        (stone, box(48, 184, 208, 196)),
        (stone, box(38, 200, 218, 212)),
    ]


def svg(shapes: list[Shape]) -> str:
    """Return the drawing as SVG."""
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">']
    for colour, points in shapes:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'  <polygon fill="{colour}" points="{places}"/>')
    return "\n".join([*lines, "</svg>", ""])


def png(shapes: list[Shape], pixels: int) -> bytes:
    """Return the drawing as PNG with so many pixels on each edge."""
    canvas = paint(shapes, pixels * SAMPLES)
    rows = b"".join(b"\0" + row_of_pixels(canvas, row, pixels) for row in range(pixels))
    header = struct.pack(">IIBBBBB", pixels, pixels, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def paint(shapes: list[Shape], edge: int) -> list[list[bytes | None]]:
    """Return rows of samples: a colour, or None where nothing was painted."""
    canvas: list[list[bytes | None]] = [[None] * edge for _row in range(edge)]
    scale = edge / SIZE
    for colour, points in shapes:
        value = bytes.fromhex(colour[1:])
        for row in range(edge):
            crossings = sorted(cross((row + 0.5) / scale, points))
            for left, right in zip(crossings[::2], crossings[1::2], strict=True):
                first, last = round(left * scale), round(right * scale)
                canvas[row][first:last] = [value] * (last - first)
    return canvas


def cross(y: float, points: list[Point]) -> list[float]:
    """Return where the edges of a polygon cross a horizontal line."""
    found = []
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        if (y1 <= y) != (y2 <= y):
            found.append(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return found


def row_of_pixels(canvas: list[list[bytes | None]], row: int, pixels: int) -> bytes:
    """Return one row of the picture: the mean of the samples of each pixel, with its opacity."""
    lines = canvas[row * SAMPLES : (row + 1) * SAMPLES]
    return b"".join(mean([s for line in lines for s in line[x * SAMPLES : (x + 1) * SAMPLES]]) for x in range(pixels))


def mean(samples: list[bytes | None]) -> bytes:
    """Return red, green, blue and opacity of one pixel."""
    painted = [sample for sample in samples if sample is not None]
    if not painted:
        return bytes(4)
    colour = [sum(sample[part] for sample in painted) // len(painted) for part in range(3)]
    return bytes([*colour, 255 * len(painted) // len(samples)])


def ico(pictures: dict[int, bytes]) -> bytes:
    """Return the pictures as a Windows icon."""
    entries, offset = b"", 6 + 16 * len(pictures)
    for pixels, picture in pictures.items():
        entries += struct.pack("<BBBBHHII", pixels % 256, pixels % 256, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures.values())


def icns(pictures: dict[int, bytes]) -> bytes:
    """Return the larger pictures as a macOS icon."""
    parts = [kind + struct.pack(">I", len(pictures[size]) + 8) + pictures[size] for size, kind in ICNS_KINDS.items()]
    body = b"".join(parts)
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def draw(folder: Path) -> None:
    """Write coreto.svg, .png, .ico and .icns into a folder."""
    shapes = bandstand()
    pictures = {pixels: png(shapes, pixels) for pixels in PIXELS}
    (folder / "coreto.svg").write_text(svg(shapes), "utf-8")
    (folder / "coreto.png").write_bytes(pictures[SIZE])
    (folder / "coreto.ico").write_bytes(ico(pictures))
    (folder / "coreto.icns").write_bytes(icns(pictures))


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
