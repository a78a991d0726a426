"""A sheet as a self-contained SVG: no script, no font, nothing from elsewhere; the same sheet gives the same bytes."""

from __future__ import annotations

from xml.etree import ElementTree

from coreto.lab.picture.shapes import NORMAL, Area, Line, Shape, Sheet, Spot, Text
from coreto.lab.picture.style import style_sheet

SPACE = "http://www.w3.org/2000/svg"
HEAD_LENGTH, HEAD_WIDTH = 8.0, 3.2
"""Of the tip of an arrow."""
Element = ElementTree.Element


def write_svg(sheet: Sheet) -> str:
    """Return the document."""
    root = Element(
        "svg",
        {
            "xmlns": SPACE,
            "viewBox": f"0 0 {_number(sheet.width)} {_number(sheet.height)}",
            "width": _number(sheet.width),
            "height": _number(sheet.height),
            "role": "img",
            "font-size": _number(NORMAL),
        },
    )
    _child(root, "title").text = _harmless(sheet.title)
    _child(root, "style").text = style_sheet()
    _child(root, "rect", {"width": "100%", "height": "100%", "class": "f-ground"})
    for shape in sheet.shapes:
        _write(root, shape)
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, "unicode") + "\n"


def _write(parent: Element, shape: Shape) -> None:
    if shape.title:
        parent = _child(parent, "g")
        _child(parent, "title").text = _harmless(shape.title)
    match shape:
        case Line():
            _line(parent, shape)
        case Area(box=(left, top, right, bottom)):
            place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            _child(parent, "rect", {**_numbers(place), **_looks(shape.look)})
        case Spot():
            place = {"cx": shape.x, "cy": shape.y, "r": shape.radius}
            _child(parent, "circle", {**_numbers(place), **_looks(shape.look)})
        case Text():
            _text(parent, shape)


def _line(parent: Element, line: Line) -> None:
    points = list(line.points)
    if line.title:
        _child(parent, "polyline", {"points": _points(points), "stroke": "#000", "stroke-opacity": "0", **_WIDE})
    if line.head:
        tip = _tip(points)
        _child(parent, "polygon", {"points": _points(tip), "class": f"f-{line.look.split()[0]}"})
        points[-1] = _middle(tip[1], tip[2])
    _child(parent, "polyline", {"points": _points(points), **_strokes(line.look)})


_WIDE = {"stroke-width": "10"}
"""Around a thin line, where a pointer finds it."""


def _tip(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    (x1, y1), (x2, y2) = points[-2], points[-1]
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-6)
    along, across = ((x2 - x1) / length, (y2 - y1) / length), ((y1 - y2) / length, (x2 - x1) / length)
    base = x2 - along[0] * HEAD_LENGTH, y2 - along[1] * HEAD_LENGTH
    sides = [(base[0] + side * across[0] * HEAD_WIDTH, base[1] + side * across[1] * HEAD_WIDTH) for side in (1.0, -1.0)]
    return [(x2, y2), *sides]


def _middle(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _text(parent: Element, text: Text) -> None:
    look = " ".join([*(f"f-{name}" if place == 0 else name for place, name in enumerate(text.look.split()))])
    attributes = {"x": _number(text.x), "y": _number(text.y), "class": f"{look} bold" if text.bold else look}
    if text.anchor != "start":
        attributes["text-anchor"] = text.anchor
    if text.size != NORMAL:
        attributes["font-size"] = _number(text.size)
    _child(parent, "text", attributes).text = _harmless(text.words)


def _looks(look: str) -> dict[str, str]:
    """Return the attributes of something filled: its colour, and how opaque it is."""
    colour, *opacity = look.split()
    return {"class": f"f-{colour}", **({"fill-opacity": opacity[0]} if opacity else {})}


def _strokes(look: str) -> dict[str, str]:
    """Return the attributes of a stroke: its colour, its width, and its dashes."""
    colour, *more = look.split()
    width = more[0] if more else "1"
    dash = f" dash-{more[1]}" if len(more) > 1 else ""
    return {"class": f"s-{colour}{dash}", "stroke-width": width, "fill": "none"}


def _child(parent: Element, tag: str, attributes: dict[str, str] | None = None) -> Element:
    return ElementTree.SubElement(parent, tag, attributes or {})


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _numbers(values: dict[str, float]) -> dict[str, str]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> str:
    """Return a number with as many digits as an eye can see."""
    return f"{round(value, 2):g}" if abs(value) < 10_000 else f"{value:.1f}"


def _harmless(text: str) -> str:
    """Return a text without characters that XML does not know; names come from others."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
