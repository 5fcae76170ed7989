"""Reads a PNG, dot by dot, and the code that stands in it: what a telephone's camera would see."""

from __future__ import annotations

import struct
import zlib


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Return width, height and the rows of an 8-bit RGB(A) picture, 3 bytes a dot."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    size = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, rows, before = zlib.decompress(data), [], bytes(width * size)
    for y in range(height):
        begin = y * (width * size + 1)
        line = bytearray(raw[begin + 1 : begin + 1 + width * size])
        _unfilter(raw[begin], line, before, size)
        before = bytes(line)
        rows.append(before if size == 3 else bytes(b for i, b in enumerate(before) if i % 4 < 3))
    return width, height, rows


def _unfilter(kind: int, line: bytearray, before: bytes, size: int) -> None:
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        above, corner = before[i], before[i - size] if i >= size else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + above) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + above) // 2) & 255
        elif kind == 4:
            guess = left + above - corner
            best = min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))
            line[i] = (line[i] + best[2]) & 255


def dark_square(rows: list[bytes], dots: int) -> list[list[bool]]:
    """Return the dots of the only pure black square of a picture: its code to scan."""
    black = [(x // 3, y) for y, row in enumerate(rows) for x in range(0, len(row), 3) if row[x : x + 3] == b"\0\0\0"]
    left, right = min(x for x, _ in black), max(x for x, _ in black) + 1
    top, bottom = min(y for _, y in black), max(y for _, y in black) + 1
    step = (right - left) / dots
    assert abs(step - (bottom - top) / dots) < 0.2
    return [
        [sum(rows[int(top + (r + 0.5) * step)][3 * int(left + (c + 0.5) * step) :][:3]) < 200 for c in range(dots)]
        for r in range(dots)
    ]
