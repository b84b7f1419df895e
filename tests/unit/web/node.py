"""The client's modules that are free of a browser, run by node as they stand."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.processes import NODE

SOURCE = Path(__file__).parents[3] / "web/client/src"
# What is asked is an expression over `m`, the module, and `given`.
SCRIPT = """
const m = await import(process.argv[1]);
let text = '';
for await (const part of process.stdin) text += part;
const given = JSON.parse(text);
console.log(JSON.stringify(await (%s) ?? null));
"""


def evaluate(module: str, expression: str, given: Any = None) -> Any:
    done = subprocess.run(
        [NODE, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", SCRIPT % expression,
         (SOURCE / module).as_uri()],
        input=json.dumps(given), capture_output=True, text=True, encoding="utf-8", check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
