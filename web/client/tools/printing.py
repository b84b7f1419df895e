"""What the server prints with, in web/server/print: one font for Chinese and Latin, and the pages' words in both languages.

The font is Noto Sans SC, which npm has in a hundred slices of a variable font for browsers. Put together at one weight
they are 4.5 MB, of which each print embeds the letters that it has. It is made again only when the lock has changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

CLIENT = Path(__file__).resolve().parent.parent
OUT = CLIENT.parent / "server" / "print"
PACKAGE = CLIENT / "node_modules" / "@fontsource-variable" / "noto-sans-sc"
WEIGHT = 400
NEEDED = {"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "OS/2", "post"}
SPOKEN = (
    *("result.", "prompt.", "asked.stand.", "answer.true", "answer.false", "join.home", "person.nameless", "report.name"),
    *("brand.name", "roll.here", "vote.few", "vote.texts", "work.handed", "spot.result", "memory.spread", "hide.some"),
    *("data.many", "data.least", "data.most", "data.place", "catalogue.kind."),
)
"""Keys of the pages' words that begin so are printed, too, or looked through."""


def words() -> None:
    for language in ("en", "zh-CN"):
        known = json.loads((CLIENT / "messages" / f"{language}.json").read_text())
        printed = {key: text for key, text in known.items() if key.startswith(SPOKEN)}
        (OUT / f"{language}.json").write_text(json.dumps(printed, ensure_ascii=False))


def font() -> None:
    stamp = OUT / "font.made"
    lock = hashlib.sha256((CLIENT / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    print("Putting the font for print together…", flush=True)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    slices = [_at_one_weight(path) for path in sorted((PACKAGE / "files").glob("*.woff2"))]
    Merger().merge(slices).save(OUT / "font.ttf")
    shutil.copy(PACKAGE / "LICENSE", OUT / "font-licence.txt")
    stamp.write_text(lock)


def _at_one_weight(path: Path) -> BytesIO:
    slice_ = TTFont(path)
    instantiateVariableFont(slice_, {"wght": WEIGHT}, inplace=True)
    for table in set(slice_.keys()) - NEEDED - {"GlyphOrder"}:
        del slice_[table]
    slice_.flavor = None
    out = BytesIO()
    slice_.save(out)
    out.seek(0)
    return out


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    words()
    font()
