"""Asks `openssl ts -verify` about tokens: reads cases on standard input, writes a list of verdicts."""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def verdict(case: dict[str, Any], folder: Path) -> bool:
    if case["kind"] != "timestamp":
        raise SystemExit(f"no such kind of case: {case['kind']}")
    (folder / "token").write_bytes(base64.b64decode(case["token"]))
    (folder / "ca.pem").write_text(case["ca"])
    asked = ["-digest", case["digest"], "-in", "token", "-token_in", "-CAfile", "ca.pem"]
    done = subprocess.run(["openssl", "ts", "-verify", *asked], cwd=folder, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if "Verification: OK" in said and done.returncode == 0:
        return True
    if "Verification: FAILED" in said and done.returncode != 0:
        return False
    raise SystemExit(f"openssl says neither yes nor no: {said}")


with tempfile.TemporaryDirectory() as temporary:
    json.dump([verdict(case, Path(temporary)) for case in json.load(sys.stdin)], sys.stdout)
