"""Line charts as SVG, small enough to be read: no library draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 150, 50, 60
_COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#b279a2", "#72b7b2")

Points = Sequence[tuple[float, float]]


def chart(title: str, x_label: str, y_label: str, lines: Mapping[str, Points], *, even: bool = False) -> str:
    """An SVG document; the y axis begins at zero. `even`: the values of x stand at even distances, as 1, 8, 32, 100 do best."""
    xs = sorted({x for points in lines.values() for x, _ in points})
    most = max((y for points in lines.values() for _, y in points), default=0.0)
    ticks = _ticks(most)

    def at_x(x: float) -> float:
        share = xs.index(x) / max(1, len(xs) - 1) if even else (x - xs[0]) / ((xs[-1] - xs[0]) or 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def at_y(y: float) -> float:
        return _HEIGHT - _BOTTOM - y / ticks[-1] * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 24, title, "middle", 15),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 16, x_label, "middle"),
        _text(_LEFT, _TOP - 12, y_label, "middle"),
    ]
    for y in ticks:
        parts.append(f'<path d="M{_LEFT} {at_y(y):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, at_y(y) + 4, f"{y:,g}", "end"))
    labelled = xs if even else xs[:: max(1, len(xs) // 6)]
    parts += [_text(at_x(x), _HEIGHT - _BOTTOM + 18, f"{x:,.4g}", "middle") for x in labelled]
    for number, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in sorted(points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if even:
            parts += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        place = _TOP + 20 * number
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 12} {place}h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(_WIDTH - _RIGHT + 36, place + 4, name, "start"))
    return "\n".join([*parts, "</svg>\n"])


def _ticks(most: float) -> list[float]:
    """Zero to at least `most`, in four to ten round steps."""
    if most <= 0:
        return [0.0, 1.0]
    step = 10.0 ** floor(log10(most))
    step /= next(part for part in (1, 2, 5, 10) if most / step * part >= 4)
    return [step * n for n in range(ceil(most / step) + 1)]


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
