"""Published questions and a published reader of them, out of packages that carry them: none are ours to commit. Fetched
once into build/samples.

pyslet has the sample items of the IMS's QTI 1.2 as a package of 2.1; onyx2moodle and moodle-xml-parser have items of
ONYX and questions of Moodle in their tests; gift-pegjs is a reader of GIFT made from a grammar, with samples in its
README. docs/bank.md says what was looked for and is in no package.
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.packages import BIN, of_npm, of_pypi

HOME = Path(__file__).parents[1] / "build" / "samples"

PYSLET = "pyslet==0.7.20170805 --hash=sha256:d4cbb85e16d58a8f990e15e711266ec2fe30a4dc4626c4d839bb7b7824afdf6c"
ITEMS = "pyslet-0.7.20170805/unittests/data_imsqtiv1p2p1/outputv2/"
ONYX = "onyx2moodle==0.1.0 --hash=sha256:e821e74d3abbb9d8c9e803bb84c68bcf9d282b086864ff3b904c6147f16cb158"
MOODLE = "moodle-xml-parser==0.3.1 --hash=sha256:224fa477583f5effa8b65d489d67c511bc536374aa3d87634b79f30c32534098"
GIFT = "gift-pegjs@1.0.2"
GIFT_SHA = "S/A2wBDdia2QWKpB5FtASx1gguep1wg5If5glDWJgUMiABICJT7ogArGfsdgozevhBdbdOiHhrykJP86hbgvRw=="

FENCED = re.compile(r"let sampleQuestion = `\n(.*?)\n`;", re.DOTALL)
LINE_BY_LINE = """
const parser = require(process.argv[1]);
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  let said;
  try { said = parser.parse(JSON.parse(line)); } catch (fault) { said = String(fault.message); }
  console.log(JSON.stringify(said));
});
"""


def qti_package() -> bytes:
    """A package of QTI, with its pictures and sounds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in _kept("qti", lambda: of_pypi(PYSLET, ITEMS)).items():
            package.writestr(name.removeprefix(ITEMS), data)
    return out.getvalue()


def texts(which: str) -> dict[str, str]:
    """The XML that stands in the tests of `onyx` or `moodle`, by what it is called there."""
    wanted = {"onyx": (ONYX, "onyx2moodle-0.1.0/tests/"), "moodle": (MOODLE, "moodle_xml_parser-0.3.1/tests/")}[which]
    return {
        statement.targets[0].id: statement.value.value.lstrip()
        for _, code in sorted(_kept(which, lambda: of_pypi(*wanted)).items())
        for statement in ast.parse(code).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }


def gift() -> str:
    """The sample of the README."""
    found = FENCED.search(_gift()["package/README.md"].decode())
    assert found is not None
    return found[1]


@contextmanager
def gift_reader() -> Iterator[Callable[[str], Any]]:
    """What gift-pegjs makes of GIFT: a list of questions, or words where it is none."""
    _gift()
    reader = HOME / "gift" / "package" / "lib" / "gift-parser.js"
    with subprocess.Popen(
        [str(BIN / "node"), "-e", LINE_BY_LINE, str(reader)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        line, answer = node.stdin, node.stdout

        def read(text: str) -> Any:
            line.write(json.dumps(text) + "\n")
            line.flush()
            return json.loads(answer.readline())

        yield read
        line.close()


def _gift() -> Mapping[str, bytes]:
    return _kept("gift", lambda: of_npm(GIFT, GIFT_SHA, "package/"))


def _kept(name: str, fetch: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes]:
    """Of what was fetched the files, by their names."""
    home = HOME / name
    if not home.is_dir():
        new = HOME / f"{name}.new"
        for path, data in fetch().items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(data)
        new.rename(home)
    return {str(one.relative_to(home)): one.read_bytes() for one in sorted(home.rglob("*")) if one.is_file()}
