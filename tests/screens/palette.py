"""Small pictures: a screenshot with 256 colours. The browser that drew it reads its colours, zlib writes the file."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

COLOURS = 256
# The colours that are used most, flat ones exact; whatever is left goes to its nearest, and the picture comes back as indexes.
_READ = """async ({picture, most}) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + picture;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width; canvas.height = image.height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data, n = image.width * image.height;
  const exact = new Map(), rough = new Map();
  for (let i = 0; i < n; i++) {
    const key = data[i * 4] << 16 | data[i * 4 + 1] << 8 | data[i * 4 + 2];
    exact.set(key, (exact.get(key) || 0) + 1);
  }
  const byUse = (m) => [...m.entries()].sort((a, b) => b[1] - a[1]).map((e) => e[0]);
  let colours = byUse(exact).slice(0, exact.size > most ? most / 4 : most);
  if (exact.size > most) {
    const sums = new Map();
    for (const [key, used] of exact) {
      const bucket = (key >> 19 & 31) << 10 | (key >> 11 & 31) << 5 | key >> 3 & 31;
      const s = sums.get(bucket) || [0, 0, 0, 0];
      s[0] += used; s[1] += (key >> 16) * used; s[2] += (key >> 8 & 255) * used; s[3] += (key & 255) * used;
      sums.set(bucket, s);
    }
    for (const s of [...sums.values()].sort((a, b) => b[0] - a[0])) {
      if (colours.length >= most) { break; }
      colours.push(Math.round(s[1] / s[0]) << 16 | Math.round(s[2] / s[0]) << 8 | Math.round(s[3] / s[0]));
    }
  }
  const nearest = new Map();
  for (const key of exact.keys()) {
    let best = 0, least = Infinity;
    for (let c = 0; c < colours.length && least > 0; c++) {
      const r = (colours[c] >> 16) - (key >> 16), g = (colours[c] >> 8 & 255) - (key >> 8 & 255), b = (colours[c] & 255) - (key & 255);
      const far = r * r * 2 + g * g * 4 + b * b * 3;
      if (far < least) { least = far; best = c; }
    }
    nearest.set(key, best);
  }
  const indexes = new Uint8Array(n);
  for (let i = 0; i < n; i++) { indexes[i] = nearest.get(data[i * 4] << 16 | data[i * 4 + 1] << 8 | data[i * 4 + 2]); }
  let text = '';
  for (let i = 0; i < n; i += 32768) { text += String.fromCharCode.apply(null, indexes.subarray(i, i + 32768)); }
  return {width: image.width, height: image.height, colours, indexes: btoa(text)};
}"""


def small(page: Any, png: bytes, most: int = COLOURS) -> bytes:
    """Return the picture with at most so many colours, 256 or fewer. `page` is a blank page of a browser."""
    read = page.evaluate(_READ, {"picture": base64.b64encode(png).decode(), "most": most})
    width, height = read["width"], read["height"]
    pixels = base64.b64decode(read["indexes"])
    lines = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    palette = b"".join(struct.pack(">I", c)[1:] for c in read["colours"])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
