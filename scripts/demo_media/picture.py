"""The drawn picture of the demo video: three scenes of a river, two speakers."""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, RATE = 640, 360, 25
SCALE = 2
SCENE_SECONDS = 13.4
BLINK_INTERVAL, BLINK_SECONDS = 3.7, 0.14
FONT = "DejaVuSans-Bold.ttf"
FACES = {
    "Ana": {"x": 76, "skin": "#e8b48c", "hair": "#3b2a24", "shirt": "#c8553d", "disc": "#f3d9a4"},
    "Ravi": {"x": 564, "skin": "#b07a4f", "hair": "#1d1a1a", "shirt": "#2f6f73", "disc": "#bfe0dc"},
}
Pen = ImageDraw.ImageDraw


def draw_frame(seconds: float, *, speaker: str, loudness: float, subtitle: str = "") -> Image.Image:
    """Return the picture at a time, 640 x 360.

    :param loudness: from 0 to 1, opens the mouth of the speaker.
    """
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
    pen = ImageDraw.Draw(image)
    scene = SCENES[min(int(seconds / SCENE_SECONDS), len(SCENES) - 1)]
    scene(pen, seconds % SCENE_SECONDS / SCENE_SECONDS, seconds)
    for name, face in FACES.items():
        _draw_speaker(pen, face, is_speaking=name == speaker, loudness=loudness, seconds=seconds)
    if subtitle:
        _draw_subtitle(pen, subtitle)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _draw_mountains(pen: Pen, progress: float, _: float) -> None:
    _draw_sky(pen, "#8fc1e3", "#e8f1f5")
    _draw_sun(pen, 470, 120 - 40 * progress, "#ffe08a")
    _draw_cloud(pen, 120 + 50 * progress, 70)
    _draw_cloud(pen, 400 + 30 * progress, 48)
    for points, color in (
        ([(-20, 300), (110, 150), (210, 250), (330, 110), (470, 270), (560, 190), (680, 310)], "#7d92ab"),
        ([(-20, 330), (60, 250), (180, 300), (260, 190), (390, 310), (500, 250), (680, 330)], "#5f768f"),
    ):
        _polygon(pen, [*points, (680, 380), (-20, 380)], color)
    for x, y in ((330, 110), (110, 150), (560, 190)):
        _polygon(
            pen,
            [(x, y), (x - 34, y + 38), (x - 12, y + 30), (x, y + 42), (x + 14, y + 30), (x + 32, y + 38)],
            "#ffffff",
        )
    _polygon(pen, [(-10, 320), (200, 296), (420, 312), (650, 290), (650, 370), (-10, 370)], "#5c8a58")
    _draw_stream(pen, 300, 300, progress)


def _draw_valley(pen: Pen, progress: float, seconds: float) -> None:
    _draw_sky(pen, "#a7d3e8", "#f3f3df")
    _draw_cloud(pen, 80 + 60 * progress, 60)
    _draw_cloud(pen, 330 + 60 * progress, 90)
    _polygon(
        pen, [(-10, 230), (150, 170), (330, 220), (500, 160), (650, 220), (650, 370), (-10, 370)], "#9cc58a"
    )
    _polygon(pen, [(-10, 270), (200, 220), (420, 260), (650, 230), (650, 370), (-10, 370)], "#78ab6c")
    river = [(300, 222), (336, 222), (300, 252), (420, 290), (330, 370), (120, 370), (290, 290), (262, 252)]
    _polygon(pen, river, "#3f8fc2")
    for number in range(7):
        y = 250 + (number * 17 + seconds * 18) % 112
        x = 300 - (y - 250) * 0.55 + 40 * math.sin(y / 21)
        _line(pen, [(x - 8, y), (x + 22, y + 2)], "#a9d8ee", 2)
    for x, y in ((60, 250), (96, 262), (470, 250), (520, 246), (548, 262)):
        _draw_tree(pen, x, y)


def _draw_sea(pen: Pen, progress: float, seconds: float) -> None:
    _draw_sky(pen, "#f2a65a", "#fbe3b5")
    _draw_sun(pen, 330, 130 + 62 * progress, "#fff1c1")
    _rectangle(pen, (0, 214, WIDTH, HEIGHT), "#2b6a8f")
    for number in range(6):
        y = 224 + number * 22
        shift = 14 * math.sin(seconds * 0.9 + number)
        for x in range(-40, WIDTH, 130):
            _line(pen, [(x + shift + number * 23, y), (x + shift + 60 + number * 23, y)], "#77b1c9", 2)
    _polygon(pen, [(-10, 340), (180, 310), (300, 330), (240, 370), (-10, 370)], "#e2c48d")
    _polygon(pen, [(430, 236), (500, 236), (488, 250), (442, 250)], "#5b3a29")
    _polygon(pen, [(464, 232), (464, 176), (500, 228)], "#fdf6e3")


SCENES: tuple[Callable[[Pen, float, float], None], ...] = (_draw_mountains, _draw_valley, _draw_sea)


def _draw_sky(pen: Pen, top: str, bottom: str) -> None:
    bands = 12
    first, last = (tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)) for color in (top, bottom))
    for band in range(bands):
        share = band / (bands - 1)
        color = tuple(round(a + (b - a) * share) for a, b in zip(first, last, strict=True))
        _rectangle(pen, (0, band * 24, WIDTH, band * 24 + 24), "#{:02x}{:02x}{:02x}".format(*color))


def _draw_sun(pen: Pen, x: float, y: float, color: str) -> None:
    _circle(pen, x, y, 30, color)


def _draw_cloud(pen: Pen, x: float, y: float) -> None:
    for dx, dy, radius in ((0, 0, 18), (24, -8, 22), (50, 0, 16)):
        _circle(pen, x + dx, y + dy, radius, "#ffffff")
    _rectangle(pen, (x, y, x + 50, y + 17), "#ffffff")


def _draw_stream(pen: Pen, x: float, y: float, progress: float) -> None:
    _polygon(
        pen,
        [(x, y), (x + 16, y), (x + 60, y + 30), (x + 40, y + 70), (x - 60, y + 70), (x + 14, y + 32)],
        "#3f8fc2",
    )
    for number in range(3):
        shift = (progress * 120 + number * 20) % 56
        _line(pen, [(x + 12 - shift / 6, y + 6 + shift), (x + 30 - shift / 6, y + 7 + shift)], "#a9d8ee", 2)


def _draw_tree(pen: Pen, x: float, y: float) -> None:
    _rectangle(pen, (x - 2, y, x + 2, y + 18), "#6b4a32")
    _circle(pen, x, y - 6, 14, "#3f7a4b")


def _draw_speaker(
    pen: Pen, face: dict[str, object], *, is_speaking: bool, loudness: float, seconds: float
) -> None:
    x, y = float(str(face["x"])), 296.0
    _circle(pen, x, y, 57 if is_speaking else 54, "#ffffff" if is_speaking else "#f0ede6")
    _circle(pen, x, y, 52, str(face["disc"]))
    _ellipse(pen, (x - 38, y + 20, x + 38, y + 50), str(face["shirt"]))
    _rectangle(pen, (x - 30, y + 34, x + 30, y + 41), str(face["shirt"]))
    _circle(pen, x, y - 12, 30, str(face["hair"]))
    _circle(pen, x, y - 4, 25, str(face["skin"]))
    pen.chord(_scaled((x - 26, y - 32, x + 26, y + 20)), 200, 340, fill=str(face["hair"]))
    is_blinking = (seconds + x / 100) % BLINK_INTERVAL < BLINK_SECONDS
    for side in (-9, 9):
        if is_blinking:
            _line(pen, [(x + side - 3, y - 5), (x + side + 3, y - 5)], "#2b2020", 2)
        else:
            _circle(pen, x + side, y - 5, 2.6, "#2b2020")
    opening = 1.2 + (7 * loudness if is_speaking else 0)
    _ellipse(pen, (x - 7, y + 9 - opening / 2, x + 7, y + 9 + opening / 2), "#7a2e2e")


def _draw_subtitle(pen: Pen, text: str) -> None:
    font = ImageFont.truetype(FONT, 18 * SCALE)
    width = pen.textlength(text, font=font) / SCALE
    left, top = (WIDTH - width) / 2, 322
    pen.rounded_rectangle(
        _scaled((left - 10, top - 5, left + width + 10, top + 27)), 8 * SCALE, fill="#101216"
    )
    pen.text((left * SCALE, top * SCALE), text, font=font, fill="#ffffff")


def _scaled(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(value * SCALE for value in values)


def _polygon(pen: Pen, points: list[tuple[float, float]], color: str) -> None:
    pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=color)


def _line(pen: Pen, points: list[tuple[float, float]], color: str, width: int) -> None:
    pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=color, width=width * SCALE)


def _rectangle(pen: Pen, box: tuple[float, float, float, float], color: str) -> None:
    pen.rectangle(_scaled(box), fill=color)


def _ellipse(pen: Pen, box: tuple[float, float, float, float], color: str) -> None:
    pen.ellipse(_scaled(box), fill=color)


def _circle(pen: Pen, x: float, y: float, radius: float, color: str) -> None:
    _ellipse(pen, (x - radius, y - radius, x + radius, y + radius), color)
