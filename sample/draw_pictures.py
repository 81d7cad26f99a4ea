#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of the sample catalogue.

    sample/draw_pictures.py            write htdocs/images/*.svg
    sample/draw_pictures.py --check    exit 1 if a committed picture differs

Every product of sample/catalogue.json names a picture, /images/<slug>.svg.
The table PICTURES below says for each slug what is drawn (a function) and in
which colours. The output is the same on every run. The pictures use
presentation attributes only (no <style>, no script), so that they show under
a strict Content-Security-Policy. Python's standard library is all it needs.
"""

import argparse
import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "sample" / "catalogue.json"
IMAGES = ROOT / "htdocs" / "images"

# ---------------------------------------------------------------- helpers


def mix(one, two, part):
    """The colour `part` of the way from `one` to `two`."""
    a = [int(one[i:i + 2], 16) for i in (1, 3, 5)]
    b = [int(two[i:i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join("%02x" % round(x + (y - x) * part) for x, y in zip(a, b))


class Tone:
    """A colour and its shades, light to dark: ll, l, b, d, dd."""

    def __init__(self, base):
        self.b = base
        self.l = mix(base, "#ffffff", 0.28)
        self.ll = mix(base, "#ffffff", 0.62)
        self.d = mix(base, "#241c38", 0.22)
        self.dd = mix(base, "#241c38", 0.48)


WOOD = Tone("#c8925a")
STEEL = Tone("#aab4bd")
INK = Tone("#39404d")
LEAF = Tone("#5d9a5b")
CREAM = Tone("#f3e9d8")
GOLD = Tone("#dfae4a")


def num(value):
    return ("%.1f" % value).rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def R(x, y, w, h, fill, r=0):
    return '<rect x="%s" y="%s" width="%s" height="%s"%s fill="%s"/>' % (
        num(x), num(y), num(w), num(h), ' rx="%s"' % num(r) if r else "", fill)


def C(x, y, r, fill):
    return '<circle cx="%s" cy="%s" r="%s" fill="%s"/>' % (num(x), num(y), num(r), fill)


def L(x, y, rx, ry, fill):
    return '<ellipse cx="%s" cy="%s" rx="%s" ry="%s" fill="%s"/>' % (num(x), num(y), num(rx), num(ry), fill)


def P(d, fill):
    return '<path d="%s" fill="%s"/>' % (d, fill)


def S(d, stroke, width, dash=None):
    return '<path d="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"%s/>' % (
        d, stroke, num(width), ' stroke-dasharray="%s"' % dash if dash else "")


def G(transform, *parts):
    return '<g transform="%s">%s</g>' % (transform, "".join(parts))


def O(opacity, *parts):
    return '<g opacity="%s">%s</g>' % (num(opacity), "".join(parts))


def shade(half_width, y=322, x=200):
    """The soft shadow a thing throws on the table."""
    return O(0.16, L(x, y, half_width, half_width * 0.09 + 3, "#241c38"))


def steam(x, y):
    return O(0.55, S("M%d %dc-12 -14 12 -24 0 -40M%d %dc-12 -14 12 -24 0 -40" % (x - 16, y, x + 16, y), "#ffffff", 7))


def leaf(x, y, length, width, angle, fill, vein):
    return G("translate(%s %s) rotate(%s)" % (num(x), num(y), num(angle)),
             P("M0 0C%s %s %s %s 0 %s C%s %s %s %s 0 0Z" % (
                 num(-width), num(-length * 0.3), num(-width * 0.7), num(-length * 0.8), num(-length),
                 num(width * 0.7), num(-length * 0.8), num(width), num(-length * 0.3)), fill),
             S("M0 -6V%s" % num(-length * 0.78), vein, 2.5))


# ------------------------------------------------------------ electronics


def headphones(t, a):
    return "".join([
        shade(118),
        S("M104 236C92 76 308 76 296 236", t.d, 26), S("M108 214C106 92 294 92 292 214", t.b, 14),
        S("M140 118C168 96 232 96 260 118", t.ll, 8),
        R(84, 206, 58, 106, t.dd, 26), R(258, 206, 58, 106, t.dd, 26),
        R(112, 200, 42, 118, a.b, 21), R(246, 200, 42, 118, a.b, 21),
        R(76, 220, 44, 78, t.b, 22), R(280, 220, 44, 78, t.b, 22),
        R(84, 230, 9, 48, t.l, 4), R(307, 230, 9, 48, t.d, 4)])


def earbuds(t, a):
    def bud(flip):
        return G("translate(%d 0) scale(%d 1)" % (200, flip),
                 R(36, 116, 26, 96, t.ll, 13), C(58, 112, 34, t.l), L(38, 110, 16, 20, INK.b), C(64, 106, 9, "#ffffff"),
                 R(42, 196, 14, 10, a.b, 4))
    return "".join([
        shade(112), bud(1), bud(-1),
        R(96, 212, 208, 106, t.d, 50), R(96, 206, 208, 102, t.b, 48),
        P("M96 252c0 -28 20 -46 48 -46h112c28 0 48 18 48 46z", t.l),
        R(96, 250, 208, 4, t.d), C(200, 276, 6, a.b), O(0.5, S("M124 234c4 -10 12 -14 24 -14", "#ffffff", 6))])


def speaker(t, a):
    dots = "".join(C(146 + 18 * i + (9 if j % 2 else 0), 198 + 15 * j, 4, t.dd) for j in range(6) for i in range(7 - j % 2))
    return "".join([
        shade(104), S("M134 132C134 84 266 84 266 132", a.b, 14),
        R(112, 120, 176, 200, t.d, 44), R(112, 116, 176, 198, t.b, 44), R(128, 178, 144, 116, t.l, 30), dots,
        C(156, 148, 10, t.dd), C(200, 148, 10, t.dd), C(244, 148, 10, a.b),
        O(0.4, S("M126 200v-34c0 -20 12 -34 30 -36", "#ffffff", 6))])


def keyboard(t, a):
    keys = []
    for row in range(4):
        x = 62 + row * 5
        widths = [[20] * 11 + [30], [28] + [20] * 10 + [22], [32] + [20] * 9 + [38], [26, 26, 26, 108, 26, 26, 12]][row]
        for i, w in enumerate(widths):
            colour = a.b if (row, i) in ((0, 0), (2, 10), (3, 3)) else (t.ll if (row + i) % 7 else t.l)
            y = 156 + row * 31
            if x + w > 344:
                w = 344 - x
            if w < 8:
                break
            keys.append(R(x, y + 4, w, 23, mix(colour, "#241c38", 0.25), 5) + R(x, y, w, 23, colour, 5))
            x += w + 4
    return G("rotate(-7 200 215)", O(0.16, R(48, 150, 318, 150, "#241c38", 18)),
             R(42, 140, 318, 148, t.dd, 18), R(42, 134, 318, 146, t.b, 18), *keys)


def mouse(t, a):
    return "".join([
        S("M200 110C200 60 262 82 262 40", t.dd, 7),
        O(0.16, L(204, 226, 86, 120, "#241c38")),
        P("M200 100c56 0 82 44 82 106c0 72 -34 114 -82 114s-82 -42 -82 -114c0 -62 26 -106 82 -106z", t.d),
        P("M200 96c54 0 78 42 78 104c0 70 -32 110 -78 110s-78 -40 -78 -110c0 -62 24 -104 78 -104z", t.b),
        P("M200 96c54 0 78 42 78 104H122c0 -62 24 -104 78 -104z", t.l),
        S("M200 98v100M122 200h156", t.d, 4), R(188, 128, 24, 46, t.dd, 12), R(193, 134, 14, 34, a.b, 7),
        O(0.5, S("M142 176c2 -22 12 -42 24 -52", "#ffffff", 7))])


def camera(t, a):
    return "".join([
        shade(134), R(138, 106, 92, 44, t.d, 14), R(82, 124, 44, 24, INK.b, 8), C(284, 132, 18, a.b),
        R(64, 138, 272, 178, t.dd, 28), R(64, 134, 272, 176, t.b, 28), R(64, 180, 272, 96, t.d), R(84, 152, 40, 14, t.ll, 7),
        C(200, 228, 82, CREAM.b), C(200, 228, 70, INK.b), C(200, 228, 54, INK.dd), C(200, 228, 36, "#4c6f9c"),
        C(200, 228, 20, "#243553"), O(0.8, C(182, 208, 12, "#ffffff")), O(0.5, C(216, 246, 6, "#ffffff")),
        R(272, 150, 44, 20, INK.b, 6), C(308, 196, 6, "#e4574c")])


def watch(t, a):
    ticks = "".join(G("rotate(%d 200 204)" % (30 * i), R(197.5, 138, 5, 11 if i % 3 else 16, "#ffffff" if i % 3 else a.b, 2)) for i in range(12))
    return "".join([
        O(0.16, R(166, 60, 84, 296, "#241c38", 22)),
        P("M166 142l10 -92c1 -8 6 -12 12 -12h24c6 0 11 4 12 12l10 92z", t.b), P("M166 266l10 92c1 8 6 12 12 12h24c6 0 11 -4 12 -12l10 -92z", t.d),
        C(200, 334, 5, t.dd), C(200, 314, 5, t.dd), C(200, 352, 5, t.dd), R(180, 82, 40, 7, t.d, 3),
        R(276, 188, 16, 34, STEEL.d, 7), R(112, 116, 176, 176, STEEL.d, 56), R(112, 112, 176, 176, STEEL.l, 56),
        R(122, 122, 156, 156, INK.dd, 48), ticks, S("M200 204V166M200 204l30 18", "#ffffff", 7), S("M200 204l-14 34", a.b, 4), C(200, 204, 7, a.b)])


def powerbank(t, a):
    return "".join([
        shade(96, 326), S("M236 96C236 40 312 60 308 112C306 140 332 148 336 176", a.b, 10), R(322, 172, 28, 40, STEEL.b, 6), R(328, 210, 16, 14, STEEL.d, 2),
        R(116, 94, 168, 232, t.dd, 30), R(116, 90, 168, 230, t.b, 30), R(116, 90, 84, 230, t.l, 30), R(160, 90, 60, 230, t.l),
        R(220, 90, 34, 230, t.b), R(214, 84, 44, 16, STEEL.d, 5), R(148, 84, 36, 12, INK.b, 5),
        P("M208 158l-40 62h28l-8 46l44 -64h-30z", CREAM.ll), "".join(C(164 + 24 * i, 296, 6, a.b if i < 3 else t.d) for i in range(4))])


# ---------------------------------------------------------------- kitchen


def mug(t, a):
    return "".join([
        shade(98), steam(180, 108), S("M262 178c64 -14 64 88 0 82", t.d, 22), S("M262 176c58 -12 58 84 0 78", t.b, 15),
        P("M100 136h170v132c0 32 -20 54 -50 54h-70c-30 0 -50 -22 -50 -54z", t.b),
        P("M226 136h44v132c0 32 -20 54 -50 54h-22c18 -14 28 -36 28 -60z", t.d),
        P("M100 220q22 -16 42 0t42 0t42 0t44 0v48c0 32 -20 54 -50 54h-70c-30 0 -50 -22 -50 -54z", a.b),
        P("M226 220q22 16 44 0v48c0 32 -20 54 -50 54h-22c18 -14 28 -36 28 -60z", a.d),
        L(185, 136, 85, 20, t.ll), L(185, 138, 72, 14, "#5a3a28"), O(0.4, S("M118 166v40", "#ffffff", 9))])


def enamel_mug(t, a):
    specks = "".join(C(118 + (i * 47) % 140, 166 + (i * 61) % 134, 2.5 + i % 3, t.ll) for i in range(26))
    return "".join([
        shade(98), S("M262 180c62 -8 62 80 0 84", t.dd, 16), S("M262 178c58 -8 58 76 0 80", t.b, 10),
        P("M104 140h166l-6 168c0 8 -6 14 -14 14H124c-8 0 -14 -6 -14 -14z", t.b), P("M232 140h38l-6 168c0 8 -6 14 -14 14h-30z", t.d), specks,
        L(187, 140, 84, 19, a.b), L(187, 142, 74, 14, t.dd), L(187, 146, 66, 9, "#8a5a35"), S("M104 140c0 25 166 25 166 0", a.l, 6),
        O(0.35, S("M124 176l4 84", "#ffffff", 9))])


def knife(t, a):
    return "".join([
        G("rotate(-32 200 200)", O(0.16, P("M30 214h214v46C150 262 70 250 30 214z", "#241c38"), R(240, 210, 140, 44, "#241c38", 18)),
          P("M18 196h222v52C140 250 60 236 18 196z", STEEL.l), P("M18 196h222v22C120 222 60 214 18 196z", STEEL.ll), S("M60 224c50 14 110 20 178 20", "#ffffff", 4),
          R(234, 188, 22, 64, STEEL.d, 5), P("M254 192h92c22 0 36 12 36 28s-10 26 -26 26c-30 0 -44 -6 -66 -6c-14 0 -24 8 -36 8z", t.d),
          P("M254 190h92c22 0 36 12 36 26s-10 22 -26 22c-30 0 -44 -6 -66 -6c-14 0 -24 6 -36 6z", t.b),
          C(278, 212, 6, a.b), C(314, 211, 6, a.b), C(350, 213, 6, a.b))])


def kettle(t, a):
    return "".join([
        shade(116), S("M126 170C120 66 280 66 274 170", WOOD.d, 18), S("M150 116C168 90 232 90 250 116", WOOD.l, 8),
        P("M276 214l62 -60c8 -6 20 0 16 12l-52 110z", t.d), P("M330 158l22 -2l4 10l-20 12z", t.dd),
        P("M104 170h192c22 42 28 92 14 124c-8 18 -20 28 -38 28H128c-18 0 -30 -10 -38 -28c-14 -32 -8 -82 14 -124z", t.b),
        P("M252 170h44c22 42 28 92 14 124c-8 18 -20 28 -38 28h-36c40 -36 42 -96 16 -152z", t.d),
        P("M122 170c6 -26 40 -36 78 -36s72 10 78 36z", t.l), R(98, 162, 204, 16, t.dd, 8), C(200, 126, 14, WOOD.b), C(196, 122, 5, WOOD.ll),
        O(0.45, S("M116 208c-10 26 -12 48 -8 66", "#ffffff", 10)), P("M88 278q112 34 224 0q4 44 -40 44H128q-44 0 -40 -44z", a.b)])


def pan(t, a):
    return G("rotate(-24 200 200)",
             O(0.16, C(176, 220, 118, "#241c38"), R(280, 200, 120, 34, "#241c38", 16)),
             R(270, 182, 118, 34, t.dd, 16), R(300, 188, 82, 22, a.b, 11), C(368, 199, 6, a.dd),
             C(172, 200, 116, t.dd), C(172, 198, 112, t.b), C(172, 198, 98, t.d), C(172, 200, 90, mix(t.d, "#241c38", 0.2)),
             P("M126 186c0 -40 48 -58 74 -34c30 -8 54 20 40 46c12 34 -24 62 -54 46c-38 18 -76 -20 -60 -58z", "#fffaf0"),
             C(180, 198, 27, "#f2b134"), O(0.7, C(171, 189, 8, "#ffe7a8")), O(0.3, S("M78 164c10 -30 30 -50 54 -60", "#ffffff", 8)))


def board(t, a):
    return "".join([
        G("rotate(12 200 200)", O(0.16, R(106, 66, 200, 290, "#241c38", 30)),
          P("M172 92V54c0 -18 12 -28 28 -28s28 10 28 28v38h44c18 0 28 12 28 28v200c0 18 -12 28 -28 28H128c-18 0 -28 -12 -28 -28V120c0 -16 10 -28 28 -28z", t.d),
          P("M172 86V50c0 -18 12 -28 28 -28s28 10 28 28v36h44c18 0 28 12 28 28v200c0 18 -12 28 -28 28H128c-18 0 -28 -12 -28 -28V114c0 -16 10 -28 28 -28z", t.b),
          C(200, 52, 11, t.dd), S("M132 120c-6 60 8 120 0 190M164 110c8 70 -6 130 2 214M236 106c-8 80 8 140 0 216M268 118c6 60 -6 130 0 190", t.d, 3)),
        G("rotate(-18 190 260)", C(170, 240, 40, "#d9513f"), C(170, 240, 31, "#ee7563"), "".join(
            G("rotate(%d 170 240)" % (60 * i), L(170, 225, 6, 10, "#f8c9a9")) for i in range(6)),
            C(236, 266, 34, "#c84434"), C(236, 266, 26, "#ee7563"), "".join(G("rotate(%d 236 266)" % (60 * i + 20), L(236, 254, 5, 8, "#f8c9a9")) for i in range(6))),
        leaf(250, 210, 54, 22, 62, LEAF.b, LEAF.d), leaf(254, 214, 44, 18, 118, LEAF.l, LEAF.d)])


def french_press(t, a):
    return "".join([
        shade(92), C(190, 70, 15, a.b), R(185, 78, 10, 50, STEEL.d), S("M258 158c62 -8 62 124 0 118", a.d, 20), S("M258 156c56 -8 56 118 0 112", a.b, 12),
        P("M118 134l-16 -14l22 -6z", STEEL.b), O(0.55, R(122, 128, 136, 190, "#e6f1f5", 10)), R(126, 206, 128, 108, "#553422", 8), R(126, 206, 128, 18, "#7a4e33", 6),
        R(124, 196, 132, 12, STEEL.d, 5), R(186, 128, 8, 70, STEEL.b),
        P("M118 130c2 -24 36 -32 72 -32s70 8 72 32z", t.b), R(112, 126, 156, 14, t.d, 6), R(116, 236, 148, 12, t.b, 5), R(116, 306, 148, 16, t.d, 7),
        R(124, 140, 8, 168, t.b), R(248, 140, 8, 168, t.b), O(0.7, S("M146 152v34", "#ffffff", 8))])


def bowls(t, a):
    def bowl(y, w, tone, band, inner=""):
        h = w * 0.66
        rim = "A%s %s 0 0 0 %s %s" % tuple(num(float(v)) for v in (w, w * 0.13, 200 + w, y))
        front = "M%s %s%sC%s %s %s %s %s %sH%sC%s %s %s %s %s %sZ" % tuple([num(float(200 - w)), y, rim] + [num(float(v)) for v in (
            200 + w, y + h * 0.6, 200 + w * 0.7, y + h, 200 + w * 0.36, y + h, 200 - w * 0.36, 200 - w * 0.7, y + h, 200 - w, y + h * 0.6, 200 - w, y)])
        return "".join([L(200, y, w, w * 0.13, tone.l), L(200, y + 3, w - 8, w * 0.1, tone.dd), inner, P(front, tone.b),
                        S("M%s %sA%s %s 0 0 0 %s %s" % tuple(num(float(v)) for v in (200 - w, y, w, w * 0.13, 200 + w, y)), tone.l, 7),
                        S("M%s %sA%s %s 0 0 0 %s %s" % tuple(num(float(v)) for v in (200 - w + 5, y + 26, w - 4, w * 0.14, 200 + w - 5, y + 26)), band, 8)])
    small = bowl(152, 68, Tone(mix(t.b, a.b, 0.5)), "#fffaf0")
    return shade(80, 318) + bowl(232, 126, t, t.ll, bowl(190, 96, a, a.ll, small)) + O(0.4, S("M92 282c8 14 16 22 28 28", "#ffffff", 8))


def mills(t, a):
    def mill(x, tone, top):
        return G("translate(%d 0)" % x, C(0, 96, 15, STEEL.b), C(-4, 92, 5, "#ffffff"),
                 P("M-30 150c0 -28 12 -42 30 -42s30 14 30 42l-8 12h-44z", top.b), R(-26, 158, 52, 10, STEEL.d, 3),
                 P("M-24 168h48c-4 40 -2 60 10 84c8 16 10 40 8 70h-84c-2 -30 0 -54 8 -70c12 -24 14 -44 10 -84z", tone.b),
                 P("M4 168h20c-4 40 -2 60 10 84c8 16 10 40 8 70h-26c6 -50 -8 -100 -12 -154z", tone.d),
                 R(-44, 308, 88, 16, tone.dd, 7), O(0.35, S("M-14 186c0 30 -6 56 -14 78", "#ffffff", 6)))
    return shade(116) + mill(144, t, t) + mill(254, a, a) + "".join(C(192 + 9 * i, 316 + (i % 2) * 6, 4, INK.b if i % 2 else "#ffffff") for i in range(4))


# ------------------------------------------------------------------- home


def lamp(t, a):
    return "".join([
        O(0.5, P("M140 178h120l64 144H76z", "#fff3c4")), shade(74),
        R(193, 170, 14, 128, GOLD.b, 5), P("M142 322c0 -24 26 -34 58 -34s58 10 58 34z", GOLD.d), P("M142 318c0 -22 26 -32 58 -32s58 10 58 32z", GOLD.b),
        P("M152 68h96l48 116H104z", t.b), P("M222 68h26l48 116h-54z", t.d), L(200, 184, 96, 12, a.ll), L(200, 184, 60, 7, "#ffffff"), R(150, 64, 100, 8, t.dd, 4),
        S("M262 186v36", GOLD.d, 3), C(262, 226, 6, GOLD.b), O(0.4, S("M164 88l-26 70", "#ffffff", 8))])


def cushion(t, a):
    body = "M92 108c36 16 180 16 216 0c16 -6 22 6 16 22c-14 44 -14 108 0 152c6 16 0 28 -16 22c-36 -16 -180 -16 -216 0c-16 6 -22 -6 -16 -22c14 -44 14 -108 0 -152c-6 -16 0 -28 16 -22z"
    lines = "".join(S("M%d %dQ200 %d %d %d" % (96, y, y + 14, 304, y), a.b, 7) for y in (150, 174, 238, 262))
    return "".join([shade(116), G("translate(6 8)", O(0.16, P(body, "#241c38"))), P(body, t.b), lines, S("M94 206Q200 220 306 206", a.d, 16, "1 26"),
                    S("M92 108c-14 -12 -28 -4 -22 14M308 108c14 -12 28 -4 22 14M92 304c-14 12 -28 4 -22 -14M308 304c14 12 28 4 22 -14", t.dd, 5),
                    O(0.3, S("M110 126c30 8 60 10 96 10", "#ffffff", 8))])


def candle(t, a):
    return "".join([
        shade(84), O(0.45, C(200, 118, 56, "#ffe9ad")), P("M200 74c20 26 26 38 26 52a26 26 0 0 1 -52 0c0 -14 6 -26 26 -52z", "#f2a33a"),
        P("M200 104c10 14 13 20 13 27a13 13 0 0 1 -26 0c0 -7 3 -13 13 -27z", "#fff0b8"), R(197, 142, 6, 30, INK.b, 3),
        R(118, 166, 164, 156, t.d, 18), R(118, 164, 164, 156, t.b, 18), R(238, 164, 44, 156, t.d, 18), L(200, 170, 82, 16, t.ll), L(200, 172, 68, 11, "#fff6e0"),
        R(146, 208, 108, 76, CREAM.ll, 8), S("M166 256h68M178 270h44", a.l, 4), leaf(200, 246, 30, 13, 0, a.b, a.d), leaf(200, 246, 24, 10, 52, a.l, a.d), leaf(200, 246, 24, 10, -52, a.l, a.d),
        O(0.4, S("M132 196v84", "#ffffff", 7))])


def vase(t, a):
    stems = S("M196 176C190 120 160 100 150 74M202 176C204 120 210 90 206 52M206 176C216 130 240 120 258 92", LEAF.d, 5)

    def bloom(x, y, r):
        return "".join(G("rotate(%d %d %d)" % (72 * i, x, y), L(x, y - r, r * 0.62, r * 0.86, a.b if i % 2 else a.l)) for i in range(5)) + C(x, y, r * 0.5, GOLD.b)
    return "".join([
        shade(76), stems, leaf(182, 128, 44, 16, -58, LEAF.b, LEAF.d), leaf(222, 134, 44, 16, 64, LEAF.b, LEAF.d), leaf(205, 104, 34, 13, 48, LEAF.l, LEAF.d),
        bloom(148, 78, 22), bloom(206, 58, 26), bloom(260, 92, 20),
        P("M170 164h60c-2 28 4 36 28 60c24 24 24 66 -4 98H146c-28 -32 -28 -74 -4 -98c24 -24 30 -32 28 -60z", t.b),
        P("M208 164h22c-2 28 4 36 28 60c24 24 24 66 -4 98h-40c30 -40 26 -110 -6 -158z", t.d), R(164, 158, 72, 14, t.l, 7),
        S("M128 252q18 -14 36 0t36 0t36 0t36 0", t.ll, 6), O(0.4, S("M148 240c-10 14 -12 30 -8 48", "#ffffff", 9))])


def clock(t, a):
    ticks = "".join(G("rotate(%d 200 200)" % (30 * i), R(196, 92, 8, 22 if i % 3 == 0 else 12, t.dd if i % 3 == 0 else t.l, 3)) for i in range(12))
    return "".join([O(0.16, C(206, 212, 136, "#241c38")), C(200, 200, 136, t.d), C(200, 198, 132, t.b), C(200, 200, 116, "#fffaf0"), ticks,
                    S("M200 200L158 158", INK.b, 11), S("M200 200L252 130", INK.b, 8), S("M188 222L232 292", a.b, 4), C(200, 200, 11, a.b), C(200, 200, 4, "#ffffff"),
                    O(0.5, S("M88 160c12 -30 32 -52 60 -64", "#ffffff", 6))])


def blanket(t, a):
    def fold(y, tone, stripe):
        return R(84, y, 232, 46, tone.b, 20) + R(84, y + 24, 232, 22, tone.d, 11) + R(84, y + 6, 232, 30, tone.b, 14) + "".join(
            R(x, y, 10, 46, stripe, 2) for x in (120, 140, 250, 270))
    fringe = S("".join("M%d 304v20" % x for x in range(96, 312, 12)), t.d, 4)
    return shade(122, 326) + fringe + fold(262, t, a.b) + fold(218, t, a.b) + fold(174, t, a.b) + R(84, 136, 232, 44, a.b, 20) + R(84, 158, 232, 22, a.d, 11) + R(
        84, 140, 232, 32, a.b, 14) + O(0.35, S("M104 150h96", "#ffffff", 6)) + S("M84 304h232", t.dd, 5)


def mirror(t, a):
    return "".join([
        S("M200 40L130 112M200 40L270 112", a.b, 10), C(200, 40, 9, GOLD.b), O(0.16, C(206, 226, 122, "#241c38")), C(200, 216, 122, t.d), C(200, 213, 118, t.b), C(200, 214, 100, "#cfe3ea"),
        P("M136 138L276 278A100 100 0 0 1 232 309L105 182A100 100 0 0 1 136 138z", "#e4f1f5"), P("M172 118L296 242A100 100 0 0 1 286 266L150 128z", "#f4fafc"),
        S("M96 170c8 -22 22 -40 40 -52", t.ll, 6)])


def basket(t, a):
    weave = "".join(R(104 + 24 * i + (12 if j % 2 else 0), 196 + 20 * j, 18, 13, t.l if (i + j) % 2 else t.d, 5)
                    for j in range(6) for i in range(8 - j % 2))
    return "".join([
        shade(104), P("M120 176c10 -60 60 -60 80 -20c20 -50 84 -40 84 20z", a.b), P("M150 176c6 -30 40 -36 60 -6z", a.d), P("M214 176c10 -40 50 -40 60 0z", a.l),
        S("M112 200c-40 -10 -40 60 6 50M288 200c40 -10 40 60 -6 50", t.d, 12),
        P("M92 178h216l-14 126c-1 10 -8 18 -18 18H124c-10 0 -17 -8 -18 -18z", t.b), weave, R(84, 168, 232, 22, t.d, 11), R(84, 166, 232, 16, t.l, 8)])


# ------------------------------------------------------------- stationery


def notebook(t, a):
    return G("rotate(-8 200 200)", O(0.16, R(112, 80, 196, 268, "#241c38", 14)), R(110, 68, 188, 266, CREAM.d, 12), R(106, 64, 188, 266, CREAM.ll, 12),
             R(100, 60, 188, 268, t.b, 14), P("M114 60h18v268h-18c-8 0 -14 -6 -14 -14V74c0 -8 6 -14 14 -14z", t.d), R(246, 60, 13, 268, a.b),
             R(154, 112, 72, 44, CREAM.ll, 6), S("M166 128h48M166 140h30", t.l, 4), P("M180 328h16v34l-8 -9l-8 9z", a.d), O(0.3, S("M148 78h80", "#ffffff", 5)))


def sketchbook(t, a):
    rings = "".join(C(110 + 26 * i, 98, 6, INK.b) + S("M%d 98c-7 -26 -18 -26 -11 -4" % (110 + 26 * i), STEEL.d, 5) for i in range(8))
    return G("rotate(5 200 200)", O(0.16, R(88, 86, 236, 244, "#241c38", 12)), R(82, 82, 236, 244, t.d, 12), R(82, 78, 236, 242, CREAM.ll, 10),
             P("M112 290l60 -88l40 50l28 -34l50 72z", a.l), P("M112 290l60 -88l26 33l-30 55z", a.b), C(254, 164, 21, GOLD.b), S("M112 292h178", INK.l, 4), rings,
             G("rotate(38 300 270)", R(292, 176, 18, 118, t.b, 2), R(298, 176, 6, 118, t.l), P("M292 294h18l-9 26z", "#f0cfa5"), P("M298 311h6l-3 9z", INK.b), R(292, 160, 18, 18, a.b, 5)))


def pen(t, a):
    return G("rotate(40 200 200)", O(0.16, R(178, 30, 56, 300, "#241c38", 26)),
             P("M176 250h48l-14 60h-20z", INK.b), P("M186 306h28l-14 66z", GOLD.b), P("M200 306h14l-14 66z", GOLD.d), S("M200 326v40", INK.b, 2), C(200, 324, 5, INK.b),
             R(170, 28, 60, 130, t.d, 24), R(170, 28, 46, 130, t.b, 22), R(174, 150, 52, 104, t.b, 6), R(206, 150, 20, 104, t.d, 5), R(168, 142, 64, 14, GOLD.b, 4), R(174, 244, 52, 9, GOLD.b, 3),
             R(220, 50, 12, 104, GOLD.l, 6), C(226, 152, 8, GOLD.b), O(0.45, S("M184 52v74", "#ffffff", 7)))


def pencils(t, a):
    tones = [t.b, "#e2803c", "#e9b83f", "#5fa264", "#3f8fb5", a.b, "#8d64a8"]
    parts = [shade(122, 330)]
    for i, colour in enumerate(tones):
        x, top = 82 + 34 * i, 118 + (i * 37) % 46
        tone = Tone(colour)
        parts += [P("M%d %dh30l-15 -44z" % (x, top), "#f0cfa5"), P("M%d %dh10l-5 -15z" % (x + 10, top - 29), colour),
                  R(x, top, 30, 328 - top, tone.b), R(x, top, 9, 328 - top, tone.l), R(x + 21, top, 9, 328 - top, tone.d)]
    return "".join(parts) + R(70, 240, 260, 90, t.dd, 10) + R(70, 236, 260, 90, t.d, 10) + R(150, 258, 100, 44, CREAM.ll, 6) + S("M168 274h64M168 288h40", t.b, 4)


def scissors(t, a):
    def blade(flip):
        return G("translate(200 196) scale(%d 1) rotate(16)" % flip, P("M-12 10L-9 -150q9 -14 14 4L14 10z", STEEL.l if flip > 0 else STEEL.ll), S("M6 -136L10 0", STEEL.d, 3),
                 S("M0 16c-6 30 -24 44 -30 74c-6 34 46 46 54 8c6 -30 -8 -44 -14 -82", t.d if flip > 0 else t.b, 21))
    return O(0.16, G("translate(8 10)", S("M200 190L240 60M200 190L160 60", "#241c38", 24))) + blade(1) + blade(-1) + C(200, 198, 12, GOLD.b) + S("M194 198h12", GOLD.dd, 4) + S(
        "M56 214h60M284 214h60", a.b, 5, "2 14")


def pencup(t, a):
    return "".join([
        shade(90), G("rotate(-10 160 160)", R(146, 70, 24, 140, "#e9b83f", 3), P("M146 70h24l-12 -34z", "#f0cfa5"), P("M154 48h8l-4 -12z", INK.b)),
        G("rotate(9 236 160)", R(224, 62, 24, 140, a.b, 8), R(224, 62, 24, 24, a.d, 8), R(240, 74, 5, 54, a.ll, 2)),
        R(188, 84, 26, 120, "#ffffff", 3), S("M193 96h9M193 108h15M193 120h9M193 132h15M193 144h9", INK.b, 3),
        P("M108 172h184l-12 136c-1 9 -7 14 -15 14H135c-8 0 -14 -5 -15 -14z", t.b), P("M246 172h46l-12 136c-1 9 -7 14 -15 14h-34c12 -40 16 -100 15 -150z", t.d),
        R(102, 164, 196, 20, t.l, 9), P("M110 226h180l-4 46H114z", a.ll), S("M122 249q14 -18 28 0t28 0t28 0t28 0t28 0", t.d, 5)])


def planner(t, a):
    cells = "".join(R(108 + 38 * i, 186 + 34 * j, 28, 24, a.b if (i, j) in ((1, 1), (3, 2)) else (t.ll if (i + j) % 3 else CREAM.d), 6) for j in range(4) for i in range(5))
    return "".join([shade(124, 336), R(78, 90, 244, 246, t.dd, 18), R(78, 84, 244, 244, "#fffdf8", 18), P("M96 84h208c10 0 18 8 18 18v58H78v-58c0 -10 8 -18 18 -18z", t.b),
                    "".join(C(x, 104, 11, t.dd) + R(x - 5, 66, 10, 40, STEEL.b, 5) for x in (130, 200, 270)), R(150, 126, 100, 14, t.ll, 7), cells, S("M152 230l6 7l12 -13", "#ffffff", 4)])


def ink(t, a):
    return "".join([
        shade(106), R(152, 86, 96, 62, INK.dd, 10), R(152, 82, 96, 62, INK.b, 10), S("M168 92v42M186 92v42M204 92v42M222 92v42", INK.d, 5),
        P("M164 142h72v20c40 6 66 32 66 72v66c0 14 -8 22 -22 22H120c-14 0 -22 -8 -22 -22v-66c0 -40 26 -66 66 -72z", "#e3edf2"),
        P("M112 216c20 -10 50 -8 88 0s66 8 88 0v78c0 10 -6 16 -16 16H128c-10 0 -16 -6 -16 -16z", t.b), P("M112 216c20 -10 50 -8 88 0s66 8 88 0v14c-22 8 -50 8 -88 0s-68 -10 -88 0z", t.l),
        R(146, 232, 108, 60, CREAM.ll, 6), P("M200 240c12 16 15 22 15 29a15 15 0 0 1 -30 0c0 -7 3 -13 15 -29z", a.b), O(0.8, S("M118 204c6 -12 16 -20 30 -24", "#ffffff", 7))])


# --------------------------------------------------------------- clothing


def tee(t, a):
    d = "M150 84c16 26 84 26 100 0l34 14c10 4 18 12 22 22l30 66l-50 24l-14 -26v126c0 8 -6 14 -14 14H142c-8 0 -14 -6 -14 -14V184l-14 26l-50 -24l30 -66c4 -10 12 -18 22 -22z"
    return "".join([G("translate(6 10)", O(0.14, P(d, "#241c38"))), P(d, t.b), P("M236 324c20 -40 30 -90 36 -140v126c0 8 -6 14 -14 14z", t.d), S("M150 84c16 26 84 26 100 0", t.d, 10),
                    C(200, 196, 36, a.b), P("M164 196a36 36 0 0 0 72 0q-18 -14 -36 0t-36 0z", a.d), S("M128 184l-4 -30M272 184l4 -30", t.d, 4), S("M78 180l44 21M322 180l-44 21", t.d, 4)])


def sweater(t, a):
    d = "M148 88h104l40 18c12 6 18 14 22 26l34 158l-44 14l-32 -108v114c0 10 -6 16 -16 16H144c-10 0 -16 -6 -16 -16V196L96 304l-44 -14l34 -158c4 -12 10 -20 22 -26z"
    rows = "".join(S("M136 %dl11 -10l11 10l11 -10l11 10l11 -10l11 10l11 -10l11 10l11 -10l11 10l11 -10l7 6" % y, c, 6) for y, c in ((176, a.b), (194, CREAM.ll), (212, a.b)))
    return "".join([G("translate(6 10)", O(0.14, P(d, "#241c38"))), P(d, t.b), S("M128 196l-2 -44M272 196l2 -44", t.d, 4), rows, P("M150 78h100c0 44 -100 44 -100 0z", t.d), P("M162 78h76c0 26 -76 26 -76 0z", t.dd),
                    R(128, 302, 144, 24, t.d, 10), G("rotate(17 74 292)", R(50, 282, 47, 22, t.d, 8)), G("rotate(-17 326 292)", R(303, 282, 47, 22, t.d, 8)),
                    S("M146 306v14M164 306v14M182 306v14M200 306v14M218 306v14M236 306v14M254 306v14", t.b, 4)])


def beanie(t, a):
    ribs = S("".join("M%d 262v48" % x for x in range(108, 300, 17)), t.b, 5)
    return "".join([shade(108), "".join(C(200 + 22 * math.cos(i * 0.7), 90 + 22 * math.sin(i * 0.7), 18, a.l if i % 2 else a.b) for i in range(9)), C(200, 90, 24, a.b),
                    P("M98 262c0 -96 40 -152 102 -152s102 56 102 152z", t.b), P("M236 118c42 20 66 70 66 144h-44c6 -60 0 -110 -22 -144z", t.d),
                    S("M150 252c0 -60 16 -106 40 -130M200 252v-132M250 252c0 -60 -16 -106 -40 -130", t.d, 5), P("M102 226q98 -22 196 0l3 24q-100 -20 -202 0z", a.b),
                    R(86, 252, 228, 68, t.d, 26), ribs])


def socks(t, a):
    d = "M0 0h66v132c0 12 6 18 18 26l36 26c24 16 14 52 -16 52H74c-26 0 -40 -8 -54 -26C4 190 0 176 0 150z"

    def sock(x, y, tone):
        return G("translate(%d %d)" % (x, y), P(d, tone.b), R(0, 0, 66, 30, a.b, 8), S("M0 52h66M0 70h66M0 88h66", a.l, 7), P("M104 236c30 0 40 -36 16 -52l-14 -10c-16 14 -22 38 -12 62z", a.b), P("M2 162c4 20 10 36 22 50c14 -8 18 -34 0 -56z", a.d),
                 S("M12 6v18M24 6v18M36 6v18M48 6v18", a.d, 4))
    return shade(120, 330) + sock(168, 76, Tone(t.d)) + sock(98, 92, t)


def scarf(t, a):
    fringe = S("".join("M%d 318v24" % x for x in range(212, 266, 10)), t.d, 4) + S("".join("M%d 290v24" % x for x in range(140, 194, 10)), t.d, 4)
    return "".join([shade(70, 346), fringe, R(136, 150, 60, 144, t.d), S("M136 240h60M136 262h60", a.b, 9), R(208, 160, 60, 160, t.b), S("M208 250h60M208 274h60M208 298h60", a.b, 9), S("M208 226h60", CREAM.ll, 5),
                    P("M92 136c0 -50 50 -78 108 -78s108 28 108 78c0 40 -48 66 -108 66S92 176 92 136z", t.d), P("M92 128c0 -46 50 -72 108 -72s108 26 108 72c0 38 -48 60 -108 60S92 166 92 128z", t.b),
                    L(200, 112, 66, 32, t.dd), S("M104 148c10 20 40 34 78 38M296 148c-10 20 -40 34 -78 38", t.d, 5), S("M112 94c16 -18 40 -28 66 -30", t.l, 7),
                    P("M186 168c24 -14 70 -12 88 2c6 20 4 40 -8 50c-20 8 -50 8 -66 0c-16 -12 -20 -34 -14 -52z", t.b), S("M204 176c-4 16 -2 28 6 36M260 176c4 16 2 28 -6 36", t.d, 5)])


def sneakers(t, a):
    return "".join([
        shade(146, 312), P("M66 186c20 12 48 10 62 -8l18 -24c8 -8 20 -8 28 0c24 28 62 56 112 66c34 6 52 24 54 54v16H62c-6 -36 -6 -72 4 -104z", t.b),
        P("M66 186c20 12 48 10 62 -8c8 40 -10 84 -66 66c0 -20 0 -40 4 -58z", t.d), P("M262 214c8 2 16 4 24 6c34 6 52 24 54 54v6h-64c-20 -10 -26 -40 -14 -66z", a.ll),
        P("M62 236c50 20 120 8 150 40l-4 14H62z", t.l), P("M112 262c44 -4 78 -20 104 -46l14 8c-20 30 -50 50 -92 56z", a.b),
        S("M168 178l-22 20M190 194l-22 22M214 208l-20 22M238 218l-16 20", "#ffffff", 8), R(52, 280, 296, 30, "#fffaf0", 14), R(52, 296, 296, 14, CREAM.d, 7), S("M64 290h272", a.b, 4),
        S("M150 160c10 6 16 8 22 6", t.dd, 6)])


def jacket(t, a):
    d = "M140 104l-34 14c-14 6 -22 16 -26 30L52 288l42 14l32 -94v120h148V208l32 94l42 -14l-28 -140c-4 -14 -12 -24 -26 -30l-34 -14z"
    return "".join([G("translate(6 10)", O(0.14, P(d, "#241c38"))), P(d, t.b), P("M206 120h68v208h-68z", t.d), P("M126 208v-50l-32 144l-6 -2zM274 208v-50l32 144l6 -2z", t.d),
                    P("M134 108c0 -52 32 -72 66 -72s66 20 66 72c-20 24 -112 24 -132 0z", t.d), P("M154 104c0 -36 22 -50 46 -50s46 14 46 50c-14 14 -78 14 -92 0z", t.dd),
                    S("M200 122v204", a.b, 7), C(200, 128, 8, a.l), S("M146 260l36 -12M254 260l-36 -12", t.dd, 7), R(126, 312, 148, 16, t.dd, 5), S("M182 122v26M218 122v26", CREAM.ll, 4), C(182, 152, 5, a.b), C(218, 152, 5, a.b)])


def cap(t, a):
    return "".join([shade(140, 296), P("M88 246c0 -88 44 -132 108 -132s108 46 108 132z", t.b), P("M214 116c56 10 90 56 90 130h-66c4 -54 -4 -98 -24 -130z", t.d), S("M196 116c-34 30 -46 74 -46 128M196 116c36 30 48 74 48 128", t.d, 4),
                    R(180, 104, 32, 16, a.b, 8), P("M84 240c60 -22 160 -24 226 4c40 6 62 22 66 40c2 10 -8 12 -18 8C300 268 180 262 96 274c-14 -6 -18 -22 -12 -34z", a.b), P("M100 274c84 -12 200 -6 260 18c8 4 18 0 16 -8c-60 -28 -170 -34 -276 -10z", a.d),
                    C(140, 168, 5, t.dd), C(258, 172, 5, t.dd), R(178, 178, 44, 38, CREAM.ll, 8), P("M186 208l14 -22l14 22z", a.b), O(0.35, S("M104 212c4 -34 16 -56 34 -70", "#ffffff", 7))])


# --------------------------------------------------------------- outdoors


def tent(t, a):
    return "".join([
        P("M20 318L96 214l46 58l40 -44l60 90z", LEAF.ll), C(314, 96, 30, "#fff2c9"), shade(160, 320), S("M200 96L52 322M200 96L348 322", a.dd, 5), S("M200 104v-22", INK.b, 7), P("M203 82h34l-9 10l9 10h-34z", a.b),
        P("M200 100L348 318H52z", t.b), P("M200 100L348 318h-62z", t.d), P("M200 100L52 318h62z", t.l), P("M200 150L258 318H142z", INK.dd), P("M200 150L236 318h22z", a.b), P("M200 150L164 318h-22z", a.l), P("M200 150l6 168h-12z", INK.dd),
        S("M52 318l-26 8M348 318l26 8", INK.b, 5), S("M40 322q14 -16 8 -22M360 322q-4 -16 6 -24M72 326q-2 -12 -10 -16", LEAF.d, 5)])


def backpack(t, a):
    return "".join([
        shade(104), S("M160 92c0 -46 80 -46 80 0", t.dd, 14), R(70, 206, 46, 88, t.dd, 16), R(284, 206, 46, 88, t.dd, 16), R(286, 176, 26, 96, a.l, 12), R(290, 160, 18, 22, INK.b, 6),
        P("M102 178c0 -66 40 -98 98 -98s98 32 98 98v112c0 20 -12 32 -32 32H134c-20 0 -32 -12 -32 -32z", t.b), P("M250 92c32 16 48 44 48 86v112c0 20 -12 32 -32 32h-26c20 -60 22 -160 10 -230z", t.d),
        P("M110 152c8 -46 42 -72 90 -72s82 26 90 72c4 20 -180 20 -180 0z", t.l), R(128, 222, 144, 88, t.d, 18), R(128, 218, 144, 84, a.b, 18), R(128, 218, 144, 26, a.d, 12),
        R(142, 140, 18, 96, t.dd, 4), R(240, 140, 18, 96, t.dd, 4), R(137, 178, 28, 18, GOLD.b, 5), R(235, 178, 28, 18, GOLD.b, 5), R(182, 262, 36, 10, GOLD.b, 4), S("M126 130c8 -16 22 -26 38 -32", "#ffffff", 6)])


def bottle(t, a):
    return "".join([
        shade(66, 336), R(168, 62, 64, 44, INK.b, 12), R(168, 62, 22, 44, INK.l, 10), S("M178 62c0 -34 44 -34 44 0", INK.d, 10), R(160, 100, 80, 16, STEEL.d, 5),
        P("M164 114h72c2 22 34 34 34 70v130c0 14 -10 22 -24 22h-92c-14 0 -24 -8 -24 -22V184c0 -36 32 -48 34 -70z", t.b), P("M214 114h22c2 22 34 34 34 70v130c0 14 -10 22 -24 22h-22c12 -70 10 -160 -10 -222z", t.d),
        P("M130 286l34 -44l28 30l30 -48l48 62v28c0 14 -10 22 -24 22h-92c-14 0 -24 -8 -24 -22z", a.b), P("M222 224l48 62v28c0 14 -10 22 -24 22h-22z", a.d), C(224, 196, 13, a.ll), O(0.5, S("M146 190c2 -14 8 -24 16 -32M146 208v26", "#ffffff", 9))])


def lantern(t, a):
    return "".join([
        O(0.5, C(200, 204, 116, "#ffe9ad")), shade(84, 334), S("M138 138C120 40 280 40 262 138", INK.b, 9), P("M160 96h80l18 34H142z", t.b), P("M214 96h26l18 34h-34z", t.d), R(182, 80, 36, 20, t.dd, 6), R(130, 126, 140, 20, t.dd, 8),
        O(0.65, R(144, 146, 112, 122, "#fff6d8", 12)), P("M200 168c22 26 30 42 30 58a30 30 0 0 1 -60 0c0 -16 8 -32 30 -58z", a.b), P("M200 204c11 14 15 22 15 30a15 15 0 0 1 -30 0c0 -8 4 -16 15 -30z", "#fff0b8"),
        S("M146 146v122M254 146v122", INK.b, 8), R(130, 264, 140, 20, t.dd, 8), P("M128 284h144l12 50H116z", t.b), P("M228 284h44l12 50h-46z", t.d), R(108, 324, 184, 14, t.dd, 7), C(200, 306, 12, GOLD.b), C(200, 306, 5, GOLD.d)])


def boots(t, a):
    def boot(x, y, tone):
        return G("translate(%d %d)" % (x, y), P("M0 0h92c4 50 6 84 34 100l46 24c22 10 28 24 28 46H0c-8 -60 -6 -110 0 -170z", tone.b), P("M0 0h26c-10 60 -8 110 -2 170H0c-8 -60 -6 -110 0 -170z", tone.d),
                 P("M150 112l22 12c22 10 28 24 28 46h-58c-6 -20 -4 -42 8 -58z", a.b), R(-6, -12, 104, 26, CREAM.b, 12), S("M52 34h42M54 58h44M60 82h46", GOLD.b, 7), S("M94 34c8 22 16 40 30 54", tone.dd, 5),
                 P("M-6 166h210v16c0 8 -6 12 -12 12h-14l-6 -8h-14l-6 8h-14l-6 -8h-14l-6 8H66l-8 -8H44l-6 8H8c-8 0 -14 -4 -14 -12z", INK.b))
    return shade(144, 322) + boot(150, 106, Tone(t.d)) + boot(84, 130, t)


def compass(t, a):
    ticks = "".join(G("rotate(%d 200 216)" % (15 * i), R(198, 116, 4, 14 if i % 6 == 0 else 7, t.dd, 2)) for i in range(24))
    return "".join([O(0.16, C(206, 228, 132, "#241c38")), S("M200 86c-34 -50 34 -50 0 0", t.d, 10), R(184, 76, 32, 26, t.d, 8), C(200, 216, 132, t.d), C(200, 213, 128, t.b), C(200, 216, 108, "#fffaf0"), ticks,
                    G("rotate(32 200 216)", P("M200 128l22 88h-44z", a.b), P("M200 128l22 88h-22z", a.d), P("M200 304l22 -88h-44z", INK.l), P("M200 304l22 -88h-22z", INK.b)), C(200, 216, 12, GOLD.b), C(200, 216, 5, GOLD.dd),
                    O(0.55, S("M92 180c12 -34 34 -58 66 -70", "#ffffff", 6))])


def sleeping_bag(t, a):
    d = "M140 60c36 -18 84 -18 120 0c36 20 46 70 44 128l-10 122c-2 18 -14 28 -34 28H140c-20 0 -32 -10 -34 -28L96 188C94 130 104 80 140 60z"
    return "".join([G("rotate(-9 200 200)", G("translate(6 10)", O(0.16, P(d, "#241c38"))), P(d, t.b), P("M236 50c56 20 70 78 68 138l-10 122c-2 18 -14 28 -34 28h-26c24 -90 26 -200 2 -288z", t.d),
                    P("M138 128c0 -42 30 -60 62 -60s62 18 62 60c0 30 -30 46 -62 46s-62 -16 -62 -46z", t.dd), P("M148 132c0 -34 24 -50 52 -50s52 16 52 50c0 24 -24 36 -52 36s-52 -12 -52 -36z", a.b), R(156, 122, 88, 40, CREAM.ll, 18),
                    S("M98 214q102 22 204 0M102 254q98 22 196 0M106 294q94 20 188 0", t.dd, 5), S("M252 166c8 50 6 110 -4 168", a.l, 5, "2 10"), C(254, 172, 7, GOLD.b))])


# ----------------------------------------------------------------- garden


def watering_can(t, a):
    drops = "".join(P("M%d %dc7 10 9 14 9 18a9 9 0 0 1 -18 0c0 -4 2 -8 9 -18z" % (x, y), "#6fb1d2") for x, y in ((48, 190), (72, 214), (44, 242), (80, 258)))
    return "".join([
        shade(104, 322, 226), drops, S("M286 184c70 -10 70 104 -4 108", t.d, 18), S("M168 160C176 74 282 74 286 160", t.d, 16), P("M158 254L84 160l18 -14l72 66z", t.b), P("M66 176l46 -44l10 10l-46 44z", t.dd),
        R(154, 158, 142, 164, t.d, 18), R(154, 154, 142, 164, t.b, 18), R(252, 154, 44, 164, t.d, 18), R(146, 150, 158, 18, t.l, 9), R(154, 214, 142, 16, a.b), R(154, 270, 142, 16, a.b), R(252, 214, 44, 16, a.d), R(252, 270, 44, 16, a.d), O(0.4, S("M172 184v100", "#ffffff", 8))])


def potted(t, a):
    return "".join([
        shade(82), leaf(200, 214, 150, 44, 0, a.b, a.d), leaf(194, 214, 130, 38, -34, a.d, a.dd), leaf(206, 214, 130, 38, 34, a.l, a.d), leaf(190, 216, 104, 32, -64, a.b, a.d), leaf(210, 216, 104, 32, 64, a.b, a.d), leaf(198, 216, 116, 30, -15, a.l, a.d), leaf(202, 216, 110, 28, 17, a.d, a.dd),
        P("M122 218h156l-18 92c-1 8 -8 12 -16 12h-88c-8 0 -15 -4 -16 -12z", t.b), P("M234 218h44l-18 92c-1 8 -8 12 -16 12h-24z", t.d), R(110, 200, 180, 34, t.d, 8), R(110, 196, 180, 32, t.l, 8), S("M134 262q16 -12 32 0t32 0t32 0t32 0", t.ll, 5)])


def trowel(t, a):
    return G("rotate(38 200 200)", O(0.16, R(184, 30, 44, 330, "#241c38", 20)), R(180, 30, 40, 128, t.d, 20), R(180, 30, 28, 128, t.b, 14), R(180, 58, 40, 10, a.b), R(180, 130, 40, 10, a.b), C(200, 44, 5, t.dd), R(191, 152, 18, 62, STEEL.d, 5),
             P("M156 208h88c8 50 0 110 -44 166c-44 -56 -52 -116 -44 -166z", STEEL.d), P("M156 208h60c10 60 6 110 -16 166c-44 -56 -52 -116 -44 -166z", STEEL.l), S("M200 226v112", STEEL.d, 6), P("M182 340q18 -16 36 0q-8 18 -18 34q-10 -14 -18 -34z", "#6a4a34"))


def shears(t, a):
    def half(flip):
        tone = t if flip > 0 else Tone(t.d)
        return G("translate(200 188) scale(%d 1) rotate(15)" % flip, P("M-14 6C-20 -50 -12 -110 14 -142C30 -100 26 -50 14 6z", STEEL.l if flip > 0 else STEEL.d), S("M12 -118c8 40 6 80 -2 112", "#ffffff" if flip > 0 else STEEL.ll, 4),
                 S("M0 10C14 60 22 110 6 164", tone.dd, 30), S("M0 10C14 60 22 110 6 160", tone.b, 22), S("M6 96c4 20 4 40 0 56", a.b, 8))
    return O(0.16, G("translate(8 12)", S("M200 190L176 336M200 190L224 336M200 190L170 70M200 190L230 70", "#241c38", 26))) + half(-1) + half(1) + S("M184 226h32M186 240h28M188 254h24", STEEL.d, 5) + C(200, 190, 16, GOLD.b) + C(200, 190, 6, GOLD.dd)


def bird_house(t, a):
    return "".join([
        shade(70, 344), R(190, 280, 20, 64, WOOD.d), R(112, 150, 176, 146, t.d, 6), R(112, 150, 134, 146, t.b, 4), S("M112 196h134M112 244h134", t.d, 4), P("M200 56L326 164l-16 20L200 92L90 184l-16 -20z", a.b), P("M200 56L326 164l-16 20L200 92z", a.d),
        P("M200 92L288 165H112z", t.l), C(182, 204, 34, t.dd), C(182, 206, 28, INK.dd), R(176, 254, 12, 12, WOOD.d, 4), S("M182 260h-26", WOOD.dd, 8), R(100, 290, 200, 14, WOOD.d, 6),
        P("M238 250c0 -22 16 -34 34 -34c14 0 22 8 24 20l14 6l-14 6c0 24 -18 40 -40 40l-34 6z", "#5b8fc0"), P("M258 262c0 14 14 22 28 14c-4 -16 -14 -22 -28 -14z", "#3f6f9c"), C(278, 234, 5, INK.dd), P("M296 236l16 6l-16 6z", GOLD.b), P("M248 286c10 -4 24 -10 34 -22c-4 16 -14 26 -34 22z", "#f0b48a")])


def seeds(t, a):
    return "".join([
        G("rotate(7 210 200)", O(0.16, R(126, 74, 176, 258, "#241c38", 8)), R(118, 64, 176, 258, CREAM.ll, 8), R(118, 64, 176, 258, t.b, 8), P("M118 96l16 -10l16 10l16 -10l16 10l16 -10l16 10l16 -10l16 10l16 -10l16 10l16 -8V72c0 -5 -3 -8 -8 -8H126c-5 0 -8 3 -8 8z", t.d),
          R(136, 112, 140, 38, CREAM.ll, 6), S("M152 126h108M170 138h72", t.d, 5), C(206, 230, 64, t.ll),
          S("M206 280v-60", LEAF.d, 6), leaf(206, 236, 56, 22, -48, LEAF.b, LEAF.d), leaf(206, 236, 56, 22, 48, LEAF.l, LEAF.d), leaf(206, 222, 56, 22, 0, a.b, a.d), leaf(206, 262, 40, 16, -72, LEAF.l, LEAF.d), leaf(206, 262, 40, 16, 72, LEAF.b, LEAF.d)),
        "".join(G("rotate(%d %d %d)" % (i * 50, x, y), L(x, y, 8, 5, "#8a6242")) for i, (x, y) in enumerate(((76, 322), (100, 336), (94, 308), (124, 350), (58, 344))))])


def gloves(t, a):
    d = "M0 110V44c0 -16 24 -16 24 0v34V16c0 -16 25 -16 25 0v58V6c0 -16 25 -16 25 0v70V24c0 -16 24 -16 24 0v86l14 -26c10 -14 28 -4 22 12l-24 66c-6 18 -14 28 -22 34H14c-8 -20 -14 -52 -14 -86z"

    def glove(x, y, flip, tone):
        return G("translate(%d %d) scale(%d 1) rotate(-6)" % (x, y, flip), P(d, tone.b), P("M10 118c24 -12 60 -12 80 4c2 30 -10 56 -40 60c-26 0 -40 -30 -40 -64z", a.b), "".join(C(26 + 17 * (i % 3), 134 + 14 * (i // 3), 4, a.ll) for i in range(9)), R(8, 192, 84, 44, a.d, 12), S("M10 206h80M10 220h80", a.l, 4))
    return shade(124, 334) + glove(196, 92, -1, Tone(t.d)) + glove(206, 92, 1, t)


def succulents(t, a):
    def pot(x, w, tone, plant):
        return G("translate(%d 0)" % x, plant, P("M%d 246h%dl-8 66c-1 6 -5 10 -11 10h-%dc-6 0 -10 -4 -11 -10z" % (-w, 2 * w, 2 * w - 38), tone.b), P("M%d 246h%dl-8 66c-1 6 -5 10 -11 10h-8z" % (w - 24, 24), tone.d), R(-w - 5, 236, 2 * w + 10, 18, tone.l, 6))
    cactus = R(-22, 132, 44, 112, a.b, 22) + R(2, 132, 20, 112, a.d, 10) + S("M-22 200h-14v-26M22 186h14v-22", a.b, 18) + S("M-8 150v80M8 150v80", a.l, 3, "2 10") + "".join(G("rotate(%d 0 128)" % (72 * i), L(0, 118, 6, 9, "#ec8aa4")) for i in range(5)) + C(0, 128, 5, GOLD.b)
    rosette = "".join(leaf(0, 240, 62, 20, ang, LEAF.l if i % 2 else a.l, a.d) for i, ang in enumerate((-72, 72, -46, 46, -22, 22, 0)))
    aloe = "".join(leaf(0, 242, length, 13, ang, a.d if i % 2 else LEAF.b, LEAF.l) for i, (ang, length) in enumerate(((-50, 74), (50, 74), (-26, 96), (26, 96), (-10, 110), (10, 104))))
    return shade(146) + pot(96, 42, Tone(t.l), rosette) + pot(304, 42, Tone(mix(t.b, CREAM.b, 0.6)), aloe) + pot(200, 46, t, cactus)


# --------------------------------------------------------- toys and games


def blocks(t, a):
    def block(x, y, s, tone, angle, mark):
        return G("rotate(%d %d %d)" % (angle, x + s // 2, y + s // 2), R(x, y + 5, s, s, tone.dd, 12), R(x, y, s, s, tone.b, 12), R(x + 10, y + 10, s - 20, s - 20, tone.ll, 8), mark)
    b, c = Tone("#e3b23c"), Tone("#5fa264")
    return "".join([shade(126, 326), block(72, 216, 104, t, 0, P("M124 238l32 58H92z", t.b)), block(182, 216, 104, a, 0, C(234, 268, 27, a.b)), block(128, 108, 104, b, -7, R(158, 138, 44, 44, b.b, 6)),
                    R(292, 236, 44, 86, c.d, 10), R(292, 232, 44, 86, c.b, 10), P("M286 232l28 -44l28 44z", Tone("#d9673f").b)])


def jigsaw(t, a):
    tab = "M0 0h38c-14 -30 42 -30 28 0h38v38c30 -14 30 42 0 28v38H66c14 -30 -42 -30 -28 0H0V66c30 14 30 -42 0 -28z"
    hole = "M0 0h104v38c-30 -14 -30 42 0 28v38H66c14 30 -42 30 -28 0H0V66c-30 14 -30 -42 0 -28z"
    b, c = Tone("#e3b23c"), Tone("#5fa264")

    def piece(x, y, tone, d, angle=0):
        return G("translate(%d %d) rotate(%d 52 52)" % (x, y, angle), G("translate(3 7)", P(d, tone.dd)), P(d, tone.b), O(0.4, S("M14 20h16", "#ffffff", 6)))
    return piece(92, 116, t, tab) + piece(198, 222, b, tab) + piece(92, 222, c, hole) + piece(222, 92, a, hole, 14)


def teddy(t, a):
    return "".join([
        shade(96, 334), C(138, 92, 32, t.b), C(262, 92, 32, t.b), C(138, 94, 17, t.ll), C(262, 94, 17, t.ll), G("rotate(28 120 232)", L(118, 240, 26, 52, t.d)), G("rotate(-28 280 232)", L(282, 240, 26, 52, t.d)),
        L(200, 260, 78, 74, t.b), L(200, 270, 48, 48, t.ll), L(140, 312, 38, 30, t.d), L(260, 312, 38, 30, t.d), L(138, 314, 20, 16, t.ll), L(262, 314, 20, 16, t.ll),
        L(200, 142, 88, 76, t.b), L(200, 168, 42, 32, t.ll), L(200, 154, 15, 10, INK.dd), S("M200 164v10c-2 12 -20 12 -22 2M200 174c2 12 20 12 22 2", INK.dd, 4), C(162, 132, 9, INK.dd), C(238, 132, 9, INK.dd), C(165, 129, 3, "#ffffff"), C(241, 129, 3, "#ffffff"),
        P("M200 218l-44 -18c-8 14 -8 32 0 44zM200 218l44 -18c8 14 8 32 0 44z", a.b), C(200, 220, 13, a.d)])


def kite(t, a):
    b = Tone("#e3b23c")
    return "".join([
        O(0.8, L(92, 110, 46, 16, "#ffffff"), L(120, 98, 30, 18, "#ffffff"), L(318, 238, 40, 14, "#ffffff"), L(300, 228, 24, 15, "#ffffff")),
        S("M176 262C120 280 190 320 130 336C96 344 84 366 60 372", INK.l, 4), "".join(G("translate(%d %d) rotate(%d)" % (x, y, r), P("M0 0l-22 -12v24zM0 0l22 -12v24z", c)) for x, y, r, c in ((152, 288, 30, t.b), (146, 326, -20, a.b), (92, 354, 30, b.b))),
        G("rotate(18 200 160)", P("M200 34L296 140L200 276z", a.b), P("M200 34L104 140L200 276z", t.b), P("M200 140L296 140L200 276z", b.b), P("M200 140L104 140L200 276z", a.d), S("M200 34V276M104 140H296", "#ffffff", 5))])


def chess(t, a):
    tiles = "".join(P("M%d %dl38 0l%d 20l-40 0z" % (60 + 38 * i - 6 * j, 292 + 20 * j, -6), t.dd if (i + j) % 2 else CREAM.ll) for j in range(2) for i in range(7))
    pawn = C(0, -104, 26, a.b) + C(-8, -112, 7, a.ll) + R(-26, -82, 52, 12, a.d, 6) + P("M-14 -72h28c2 30 10 44 24 60h-76c14 -16 22 -30 24 -60z", a.b) + P("M2 -72h12c2 30 10 44 24 60H14c0 -20 -6 -40 -12 -60z", a.d) + R(-44, -14, 88, 18, a.d, 8)
    king = R(-5, -216, 10, 32, t.b, 3) + R(-14, -206, 28, 9, t.b, 3) + P("M-26 -182h52l-8 34h-36z", t.b) + R(-32, -150, 64, 13, t.d, 6) + P("M-20 -138h40c2 54 10 98 30 124h-100c20 -26 28 -70 30 -124z", t.b) + P("M4 -138h16c2 54 10 98 30 124H20c2 -40 -6 -84 -16 -124z", t.d) + R(-56, -16, 112, 22, t.d, 9)
    return shade(140, 340) + tiles + G("translate(150 302)", king) + G("translate(256 308)", pawn) + O(0.35, G("translate(150 302)", S("M-14 -124c0 30 -4 56 -12 80", "#ffffff", 6)))


def train(t, a):
    def wheel(x, r):
        return C(x, 318 - r, r, INK.b) + C(x, 318 - r, r * 0.62, GOLD.b) + C(x, 318 - r, r * 0.2, INK.b)
    return "".join([
        O(0.75, C(104, 92, 20, "#ffffff"), C(132, 70, 26, "#ffffff"), C(168, 58, 17, "#ffffff")), shade(148, 322), R(84, 120, 36, 60, INK.b, 6), R(76, 112, 52, 16, INK.d, 6), R(60, 172, 196, 92, t.d, 34), R(60, 168, 196, 90, t.b, 34), R(150, 150, 34, 24, GOLD.b, 8),
        R(222, 120, 106, 142, a.d, 8), R(222, 116, 106, 142, a.b, 8), R(240, 140, 70, 52, "#dff0f6", 8), O(0.8, S("M252 176l24 -26", "#ffffff", 6)), R(208, 100, 134, 22, t.dd, 10), R(54, 250, 282, 22, INK.l, 8), C(70, 212, 15, "#fff0b8"), R(116, 168, 12, 90, GOLD.b), R(186, 168, 12, 90, GOLD.b),
        wheel(102, 28), wheel(170, 28), wheel(272, 40), S("M102 290h68", STEEL.b, 8), P("M54 272l-28 46h46l8 -46z", t.dd)])


def spinning_top(t, a):
    b = Tone("#e3b23c")
    return "".join([
        shade(54, 334, 214), O(0.4, S("M78 300c40 26 90 34 130 32M350 262c-10 28 -34 48 -60 58", "#ffffff", 6)),
        G("rotate(13 200 330)", R(191, 66, 18, 84, WOOD.d, 8), C(200, 64, 18, a.b), C(194, 58, 6, a.ll), P("M80 178c0 -26 54 -42 120 -42s120 16 120 42c0 50 -66 92 -108 134l-12 18l-12 -18c-42 -42 -108 -84 -108 -134z", t.b),
          P("M80 178c0 16 54 30 120 30s120 -14 120 -30c0 16 -8 32 -20 48c-60 20 -140 20 -200 0c-12 -16 -20 -32 -20 -48z", a.b), P("M118 246c50 14 114 14 164 0c-14 16 -32 32 -48 46c-20 6 -48 6 -68 0c-16 -14 -34 -30 -48 -46z", b.b), L(200, 174, 104, 27, t.l), L(200, 170, 64, 15, b.l), L(200, 166, 28, 7, a.b),
          P("M250 292c26 -30 62 -62 68 -106l2 -8c0 50 -66 92 -108 134l-12 18c10 -10 34 -22 50 -38z", t.dd))])


def rings(t, a):
    colours = [t.b, "#e2803c", "#e9b83f", "#5fa264", a.b]
    parts = [shade(116, 332), R(191, 80, 18, 230, WOOD.b, 8), C(200, 84, 24, "#d9513f"), C(192, 76, 8, "#f6a59a"), R(96, 308, 208, 22, WOOD.d, 11), R(96, 304, 208, 20, WOOD.b, 10)]
    for i, colour in enumerate(colours):
        w, y, tone = 98 - 13 * i, 264 - 38 * i, Tone(colour)
        parts += [R(200 - w, y, 2 * w, 40, tone.d, 20), R(200 - w, y, 2 * w, 34, tone.b, 17), O(0.4, S("M%d %dh%d" % (200 - w + 20, y + 11, w * 0.6), "#ffffff", 6))]
    return "".join(parts)


# --------------------------------------------------------------- pictures

# slug: (what is drawn, main colour, second colour, background)
PICTURES = {
    "over-ear-headphones": (headphones, "#4a5a78", "#e8927c", "#e6ebf5"),
    "wireless-earbuds": (earbuds, "#e7e2ee", "#62b59a", "#c9d7ea"),
    "portable-speaker": (speaker, "#e08e45", "#3f5f73", "#f8ebd9"),
    "compact-keyboard": (keyboard, "#8fa3b8", "#e8735a", "#eef0f4"),
    "quiet-mouse": (mouse, "#6f8f86", "#f0b357", "#e4efe9"),
    "compact-camera": (camera, "#7a4f3a", "#d9523f", "#f4e6da"),
    "everyday-watch": (watch, "#3d7d8c", "#f08a5d", "#e0eff0"),
    "pocket-power-bank": (powerbank, "#5567a8", "#f0b357", "#e7e9f7"),
    "stoneware-mug": (mug, "#efe3d0", "#5d86a5", "#f7dcc9"),
    "chefs-knife": (knife, "#6b4632", "#dfae4a", "#ece7e0"),
    "enamel-kettle": (kettle, "#c9503f", "#a83c34", "#fae4dc"),
    "cast-iron-pan": (pan, "#59606b", "#b8793f", "#f3ead6"),
    "oak-cutting-board": (board, "#d19c63", "#5d9a5b", "#e7efdf"),
    "french-press": (french_press, "#b9876a", "#39404d", "#f1e6dd"),
    "nesting-bowls": (bowls, "#5d9aa5", "#e9b45c", "#e8f1f0"),
    "pepper-and-salt-mills": (mills, "#8a5637", "#d8b58a", "#f0ebe1"),
    "linen-table-lamp": (lamp, "#e9c79b", "#f6dfb2", "#dfe3ea"),
    "striped-cushion": (cushion, "#e8ddc8", "#c8664e", "#dfe8e4"),
    "cedar-candle": (candle, "#7f9a86", "#5d8a5b", "#eef0e2"),
    "ceramic-vase": (vase, "#5c7fa8", "#ea8f8f", "#f7ece4"),
    "wooden-wall-clock": (clock, "#c8925a", "#d9523f", "#e5eef2"),
    "wool-throw": (blanket, "#93a7a0", "#cf7f58", "#f3ece1"),
    "round-mirror": (mirror, "#b98a52", "#7a5334", "#f4e5de"),
    "seagrass-basket": (basket, "#d2a868", "#7e9fb8", "#eef2ea"),
    "dotted-notebook": (notebook, "#35645f", "#e9a84c", "#e6f0ea"),
    "fountain-pen": (pen, "#2f4f7f", "#dfae4a", "#ece9f3"),
    "colour-pencils": (pencils, "#cf5046", "#4a62ad", "#f6f0dd"),
    "sketchbook": (sketchbook, "#d0764f", "#7aa6b8", "#f4e8dc"),
    "paper-scissors": (scissors, "#d9694f", "#8aa5b5", "#e6eff5"),
    "pen-cup": (pencup, "#7c93b5", "#d9694f", "#f5eee4"),
    "weekly-planner": (planner, "#7a6aa8", "#ef9a6b", "#eeeaf6"),
    "bottled-ink": (ink, "#3b4f97", "#3b4f97", "#e9ecf6"),
    "cotton-tee": (tee, "#f0ead9", "#e07a5f", "#cfe0dd"),
    "merino-sweater": (sweater, "#35577a", "#e3ab55", "#ebe6dd"),
    "ribbed-beanie": (beanie, "#c9683f", "#f2e4cd", "#e4ecec"),
    "walking-socks": (socks, "#8b9a83", "#d98248", "#f3eee2"),
    "lambswool-scarf": (scarf, "#a3424b", "#e9c07a", "#f4e6e3"),
    "canvas-sneakers": (sneakers, "#4f86a8", "#e8b04c", "#f4ebe0"),
    "rain-jacket": (jacket, "#e6b437", "#4a5a78", "#dfe9f1"),
    "six-panel-cap": (cap, "#3f6b5c", "#c98a4b", "#f1ece0"),
    "two-person-tent": (tent, "#e0803f", "#f2cf8a", "#dcebee"),
    "day-backpack": (backpack, "#4d7d78", "#d9894f", "#f1ebdc"),
    "steel-bottle": (bottle, "#4f7f9f", "#e9edf0", "#f6e9dc"),
    "camp-lantern": (lantern, "#4f6b57", "#f0a13c", "#d8dfe9"),
    "hiking-boots": (boots, "#9a6a44", "#5c4433", "#e5ece0"),
    "field-compass": (compass, "#c79a4b", "#d9523f", "#e6efe8"),
    "down-sleeping-bag": (sleeping_bag, "#57679f", "#e8a257", "#e9edf3"),
    "enamel-camp-mug": (enamel_mug, "#3d6286", "#f3efe6", "#f3e3d2"),
    "watering-can": (watering_can, "#6d9c8f", "#f1e3c4", "#f5eede"),
    "terracotta-pot": (potted, "#cf7a50", "#4f8f5a", "#e9f0e4"),
    "hand-trowel": (trowel, "#c48a52", "#c9503f", "#e9efe6"),
    "pruning-shears": (shears, "#c9503f", "#f2cf8a", "#e8f0ea"),
    "cedar-bird-house": (bird_house, "#d6a36c", "#b7553f", "#e0edf4"),
    "herb-seeds": (seeds, "#e2b04d", "#79b069", "#f3eedd"),
    "garden-gloves": (gloves, "#d9c39a", "#5f8f6b", "#f5e7df"),
    "succulent-trio": (succulents, "#d98a6a", "#4f9480", "#f8efe6"),
    "wooden-blocks": (blocks, "#d9673f", "#4c86b0", "#f6f0e2"),
    "forest-jigsaw": (jigsaw, "#4c86b0", "#d9673f", "#eef0e4"),
    "teddy-bear": (teddy, "#b98556", "#c9503f", "#f7e8de"),
    "diamond-kite": (kite, "#d9573f", "#3f7fa8", "#d5e9f3"),
    "travel-chess": (chess, "#6b4632", "#d8b58a", "#e9eee9"),
    "wooden-train": (train, "#c9503f", "#3f7f8f", "#dfedf2"),
    "spinning-top": (spinning_top, "#cf4f5f", "#3f8f9f", "#efe8f2"),
    "stacking-rings": (rings, "#cf5046", "#4c7fb5", "#f7eee2"),
}


def picture(slug):
    draw, main, second, ground = PICTURES[slug]
    spot = mix(ground, "#ffffff", 0.45)
    return "".join([
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">\n',
        R(0, 0, 400, 400, ground), "\n", C(200, 196, 164, spot), "\n",
        draw(Tone(main), Tone(second)).replace("/><", "/>\n<"), "\n</svg>\n"])


def main():
    parser = argparse.ArgumentParser(description="Draw the pictures of the sample catalogue.")
    parser.add_argument("--check", action="store_true", help="compare with the files in htdocs/images, write nothing")
    options = parser.parse_args()

    products = json.loads(CATALOGUE.read_text(encoding="utf-8"))["products"]
    named = {pathlib.PurePosixPath(p["image_url"]).stem for p in products}
    if named != set(PICTURES):
        print("draw_pictures: catalogue and picture table differ: %s" % ", ".join(sorted(named ^ set(PICTURES))), file=sys.stderr)
        return 1
    stale = []
    IMAGES.mkdir(parents=True, exist_ok=True)
    for slug in sorted(PICTURES):
        path, text = IMAGES / (slug + ".svg"), picture(slug)
        if options.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(slug)
        else:
            path.write_text(text, encoding="utf-8")
    extra = sorted(p.stem for p in IMAGES.glob("*.svg") if p.stem not in PICTURES)
    if stale or extra:
        print("draw_pictures: not as drawn: %s" % ", ".join(stale + extra), file=sys.stderr)
        return 1
    print("draw_pictures: %d pictures %s" % (len(PICTURES), "are as drawn" if options.check else "written"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
