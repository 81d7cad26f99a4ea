# SPDX-License-Identifier: MIT
"""Figures as SVG bars: small, readable in light and dark, without a library."""
from xml.sax.saxutils import escape

WIDTH, LABEL, ROW, TOP = 760, 210, 26, 46
COLOURS = {"mod_shop": "#b3261e", "mod_shop_open": "#d9655d", "static": "#5f6368", "mod_cache": "#80868b"}
OTHER = "#3b6ea5"
STYLE = ("text{font:13px sans-serif;fill:#202124}.t{font-weight:bold}.s{font-size:11px;fill:#5f6368}"
         ".e{stroke:#202124;stroke-width:1.5}"
         "@media(prefers-color-scheme:dark){text{fill:#e8eaed}.s{fill:#9aa0a6}.e{stroke:#e8eaed}}")


def text(x, y, words, kind="", anchor="start"):
    return '<text x="%.1f" y="%.1f"%s text-anchor="%s">%s</text>' % (
        x, y, ' class="%s"' % kind if kind else "", anchor, escape(words))


def bars(title, subtitle, rows, unit=""):
    """rows: (key, label, median, least, most); a whisker shows least to most."""
    longest = max(most for *_, most in rows) or 1
    room = WIDTH - LABEL - 110
    height = TOP + ROW * len(rows) + 12
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">' % (WIDTH, height),
             "<title>%s</title>" % escape(title), "<style>%s</style>" % STYLE, text(8, 20, title, "t"),
             text(8, 37, subtitle, "s")]
    for i, (key, label, median, least, most) in enumerate(rows):
        y = TOP + ROW * i
        scale = room / longest
        middle = y + ROW / 2 - 2
        parts += [text(LABEL - 8, y + 16, label, anchor="end"),
                  '<rect x="%d" y="%.1f" width="%.1f" height="%d" rx="2" fill="%s"/>' % (
                      LABEL, y + 2, max(median * scale, 1), ROW - 8, COLOURS.get(key, OTHER)),
                  '<line class="e" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>' % (
                      LABEL + least * scale, middle, LABEL + most * scale, middle),
                  text(LABEL + most * scale + 8, y + 16, number(median) + unit)]
    return "\n".join(parts + ["</svg>"]) + "\n"


def number(value):
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value
