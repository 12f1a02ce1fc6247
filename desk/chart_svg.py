"""The month chart as SVG, drawn here so that it prints, exports, and is there before any script has run.

Every part carries a class for the page's style sheet, and its own colours for where there is none: a file, a mail, a
printed page. Grades differ by pattern as well as by colour (Okabe and Ito's, which the colour-blind can tell apart);
each month is one group with its figures as a title.
"""

from calendar import month_abbr
from collections.abc import Iterable, Iterator
from datetime import date
from math import ceil
from xml.sax.saxutils import escape, quoteattr

from desk.chart import Band, Bar, Chart, Line, Marker

WIDTH, HEIGHT = 600, 280
LEFT, RIGHT, BOTTOM, TOP = 24, 70, 58, 12  # around the plot; limits are named on the right, signs explained below
MONTHS_AT, YEARS_AT, SIGNS_AT = 14, 28, 50  # below the plot
BAND_ROW, MOST_BAND_ROWS = 14, 4  # pixels an offensive's name takes, and how many rows of names
BAR_SHARE, BAR_BEGINS, MARKERS_AT = 0.52, 0.12, 0.82  # of a month's width: the bar, what was published to its right
MARKER_STEP = 5.0  # pixels between series of one month
NAME_WIDTH = 6.1  # of one letter, about

INK, QUIET, RULE, PAPER = "#1d2429", "#5b656d", "#d5dadd", "#ffffff"
FILL = {"confirmed": "#0072b2", "probable": "#56b4e9", "possible": "#8a949b"}
STROKE = {"surge": "#b34a00", "elevated": "#8f6400", "watch": "#5b656d", "baseline": "#5b656d"}
BAND, BAND_NAME = "#cc79a7", "#8d3f6d"
DASH = {"surge": "", "elevated": "7 3", "watch": "2 3", "baseline": "1 3"}
FONT = "'IBM Plex Sans', 'Helvetica Neue', Arial, sans-serif"


class _Frame:
    """Where a month and a count lie."""

    def __init__(self, chart: Chart, band_rows: int) -> None:
        self.months = [bar.month for bar in chart.bars]
        self.top = TOP + band_rows * BAND_ROW
        self.most = chart.most + 1
        self.step = (WIDTH - LEFT - RIGHT) / max(len(self.months), 1)

    def x(self, month: str) -> float:
        return LEFT + self.months.index(month) * self.step

    def y(self, count: float) -> float:
        return HEIGHT - BOTTOM - count * (HEIGHT - BOTTOM - self.top) / self.most

    def day(self, day: date) -> float:
        """Where a day lies; what is outside of the months, at their edge."""
        month = f"{day:%Y-%m}"
        if month < self.months[0]:
            return LEFT
        if month > self.months[-1]:
            return WIDTH - RIGHT
        return self.x(month) + self.step * (day.day - 1) / 31


def svg_of(chart: Chart) -> str:
    """The chart as one SVG document."""
    if not chart.bars:
        return _document(_text(WIDTH / 2, HEIGHT / 2, "No month is counted yet.", "note", anchor="middle"), chart)
    rows = _rows(chart)
    frame = _Frame(chart, max(rows.values(), default=-1) + 1)
    parts = [
        *_patterns(),
        *_axis(chart, frame),
        *_bands(rows, frame),
        *_lines(chart.lines, frame),
        *(part for bar in chart.bars for part in _month(bar, chart, frame)),
    ]
    parts += _signs(chart)
    if chart.synthetic:
        parts.append(
            _text(WIDTH - 4, HEIGHT - BOTTOM + SIGNS_AT, "SYNTHETIC", "synthetic", anchor="end", fill=STROKE["surge"])
        )
    return _document("".join(parts), chart)


def _document(inner: str, chart: Chart) -> str:
    label = f"Deliveries by month, {len(chart.bars)} months"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label={quoteattr(label)} font-family="{FONT}" font-size="11">{inner}</svg>'
    )


def _patterns() -> Iterator[str]:
    """What tells grades apart without colour: full, hatched, dotted."""
    blue, grey = FILL["probable"], FILL["possible"]
    yield (
        '<defs><pattern id="probable" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect class="paper" width="5" height="5" fill="{PAPER}"/>'
        f'<rect class="fill-probable" width="2.6" height="5" fill="{blue}"/></pattern>'
        '<pattern id="possible" width="4" height="4" patternUnits="userSpaceOnUse">'
        f'<rect class="paper" width="4" height="4" fill="{PAPER}"/>'
        f'<circle class="fill-possible" cx="2" cy="2" r="1.1" fill="{grey}"/></pattern></defs>'
    )


def _axis(chart: Chart, frame: _Frame) -> Iterator[str]:
    step = max(1, ceil(frame.most / 6))
    for count in range(0, frame.most + 1, step):
        y = frame.y(count)
        yield f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{RULE}"/>'
        yield _text(LEFT - 7, y + 3.5, str(count), "tick", anchor="end", fill=QUIET)
    every = 1 if frame.step >= 22 else 2 if frame.step >= 14 else 3
    for number, bar in enumerate(chart.bars):
        year, month = bar.month.split("-")
        x = frame.x(bar.month) + frame.step / 2
        if number == 0 or month == "01":
            yield _text(x, HEIGHT - BOTTOM + YEARS_AT, year, "year", anchor="middle", fill=INK)
        if number % every == 0:
            yield _text(x, HEIGHT - BOTTOM + MONTHS_AT, month_abbr[int(month)], "tick", anchor="middle", fill=QUIET)


def _month(bar: Bar, chart: Chart, frame: _Frame) -> Iterator[str]:
    """One month's bar and markers, with its figures as a title."""
    width = frame.step * BAR_SHARE
    x = frame.x(bar.month) + frame.step * BAR_BEGINS
    yield f'<g class="month" data-month="{bar.month}"><title>{escape(words_of(bar))}</title>'
    yield f'<rect class="hit" x="{frame.x(bar.month):.1f}" y="{frame.top}" width="{frame.step:.1f}" '
    yield f'height="{HEIGHT - BOTTOM - frame.top}" fill="none" pointer-events="all"/>'
    below = 0
    for grade, count in (("confirmed", bar.confirmed), ("probable", bar.probable), ("possible", bar.possible)):
        if count:
            fill = FILL[grade] if grade == "confirmed" else f"url(#{grade})"
            top, bottom = frame.y(below + count), frame.y(below)
            yield (
                f'<rect class="bar {grade}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" '
                f'height="{bottom - top:.1f}" fill="{fill}" stroke="{FILL[grade]}"/>'
            )
            below += count
    if bar.total:
        plus = "+" if bar.going_on else ""
        yield _text(x + width / 2, frame.y(below) - 4, f"{bar.spread}{plus}", "count", anchor="middle", fill=INK)
    names = chart.series
    for marker in bar.published:
        shift = (names.index(marker.series) - (len(names) - 1) / 2) * MARKER_STEP
        yield from _marker(marker, frame.x(bar.month) + frame.step * MARKERS_AT + shift, frame)
    yield "</g>"


def _marker(marker: Marker, x: float, frame: _Frame) -> Iterator[str]:
    """A diamond at a number, an interval with feet; an arrow upwards where it was "or more"."""
    low, high = frame.y(marker.low), frame.y(frame.most if marker.high is None else marker.high)
    if marker.low == marker.high:
        yield _diamond(x, low)
        return
    head = f"M{x - 3:.1f} {high + 4:.1f}l3 -4l3 4" if marker.high is None else f"M{x - 3:.1f} {high:.1f}h6"
    shape = f"M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {low:.1f}h6{head}"
    yield f'<path class="published" fill="none" stroke="{INK}" stroke-width="1.3" d="{shape}"/>'


def _diamond(x: float, y: float) -> str:
    shape = f"M{x:.1f} {y - 4.5:.1f}l4 4.5l-4 4.5l-4 -4.5z"
    return f'<path class="published" fill="{PAPER}" stroke="{INK}" stroke-width="1.3" d="{shape}"/>'


def _lines(lines: Iterable[Line], frame: _Frame) -> Iterator[str]:
    for line in lines:
        y, colour = frame.y(line.at), STROKE.get(line.kind, QUIET)
        yield (
            f'<line class="limit {line.kind}" x1="{LEFT}" x2="{WIDTH - RIGHT + 4}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-width="1.2" stroke-dasharray="{DASH.get(line.kind, "")}"/>'
        )
        yield _text(WIDTH - RIGHT + 8, y + 3.5, line.words, f"limit-name {line.kind}", fill=colour)


def _rows(chart: Chart) -> dict[Band, int]:
    """Which row each offensive's name stands in, so that none covers another; the last row takes what is left."""
    frame = _Frame(chart, 0)
    ends = [float("-inf")] * MOST_BAND_ROWS
    rows: dict[Band, int] = {}
    for band in sorted(chart.bands, key=lambda each: each.first_day):
        x = frame.day(band.first_day)
        row = next((number for number, end in enumerate(ends) if end <= x), MOST_BAND_ROWS - 1)
        ends[row] = max(x + len(band.name) * NAME_WIDTH + 12, frame.day(band.last_day or band.first_day))
        rows[band] = row
    return rows


def _bands(rows: dict[Band, int], frame: _Frame) -> Iterator[str]:
    for band, row in rows.items():
        x, end = frame.day(band.first_day), frame.day(band.last_day or band.first_day)
        y = TOP + row * BAND_ROW
        until = band.last_day.isoformat() if band.last_day else "last day not published"
        title = f"{band.name}: {band.first_day.isoformat()} to {until}. Source: {', '.join(band.source)}"
        yield f'<g class="band"><title>{escape(title)}</title>'
        if band.last_day:
            height = HEIGHT - BOTTOM - y
            yield (
                f'<rect x="{x:.1f}" y="{y}" width="{end - x:.1f}" height="{height}" fill="{BAND}" fill-opacity="0.14"/>'
            )
        yield f'<path d="M{x:.1f} {y}V{HEIGHT - BOTTOM}" stroke="{BAND}" stroke-opacity="0.7"/>'
        yield f"{_text(x + 4, y + 10, band.name, 'band-name', fill=BAND_NAME)}</g>"


def _signs(chart: Chart) -> Iterator[str]:
    """What each sign means, for those that are there."""
    x, y = float(LEFT), HEIGHT - BOTTOM + SIGNS_AT
    for grade in FILL:
        fill = FILL[grade] if grade == "confirmed" else f"url(#{grade})"
        yield f'<rect class="bar {grade}" x="{x}" y="{y - 9}" width="10" height="10" fill="{fill}" '
        yield f'stroke="{FILL[grade]}"/>{_text(x + 15, y, grade, "sign", fill=QUIET)}'
        x += 84
    if chart.series:
        yield _diamond(x + 5, y - 4)
        words = f"published: {', '.join(chart.series)}"
        yield _text(x + 15, y, words, "sign", fill=QUIET)
        x += 24 + len(words) * NAME_WIDTH
    if chart.bands:
        yield f'<rect class="band-sign" x="{x}" y="{y - 9}" width="10" height="10" fill="{BAND}" fill-opacity="0.5"/>'
        yield _text(x + 15, y, "offensive", "sign", fill=QUIET)


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start", fill: str = INK) -> str:
    """Words with a halo, so that no line runs through them."""
    halo = f'paint-order="stroke" stroke="{PAPER}" stroke-width="3" stroke-linejoin="round"'
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {where} fill="{fill}" {halo}>{escape(words)}</text>'


def words_of(bar: Bar) -> str:
    """A month's figures as a sentence."""
    grades = [("confirmed", bar.confirmed), ("probable", bar.probable), ("possible", bar.possible)]
    parts = [f"{count} {grade}" for grade, count in grades if count] or ["no delivery"]
    published = [f"{marker.series} {marker.words}" for marker in bar.published]
    beside = f". Published: {', '.join(published)}" if published else ""
    return f"{bar.month}{' so far' if bar.going_on else ''}: {', '.join(parts)}; low {bar.low}, high {bar.high}{beside}"
