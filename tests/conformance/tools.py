"""The foreign verifiers: where they are kept, what they need, and how they are asked.

They are kept in a cache outside the project, `ITHACA_CONFORMANCE_CACHE`. `python -m tests.conformance.tools` installs
what is missing; what cannot be installed here is listed as "not run: needs …".
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GO_SOURCES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
PACKAGES = {"@sigstore/verify": "3.1.1", "@noble/post-quantum": "0.7.1"}
SCALES = "tlog-scales==0.0.3"

Case = dict[str, Any]


def cache() -> Path:
    chosen = os.environ.get("ITHACA_CONFORMANCE_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "ithaca-conformance"


@dataclass(frozen=True)
class Tool:
    """A verifier that answers cases on standard input with a list of verdicts."""

    name: str
    needs: str
    present: Callable[[], bool]
    version: Callable[[], str]
    command: Callable[[], list[str]]

    def verdicts(self, cases: Sequence[Case]) -> list[bool]:
        """Ask about all cases. Whatever is no list with one verdict for each is an error, never a refusal."""
        # Its own interpreter must not find our packages.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        done = subprocess.run(
            self.command(), input=json.dumps(list(cases)).encode(), capture_output=True, check=False, timeout=300,
            env=environment,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{self.name} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
        answer = json.loads(done.stdout)
        if len(answer) != len(cases) or not all(isinstance(one, bool) for one in answer):
            raise RuntimeError(f"{self.name} gave {len(answer)} verdicts on {len(cases)} cases")
        return list(answer)


def _node_version(package: str) -> str:
    return str(json.loads((cache() / "node_modules" / package / "package.json").read_text())["version"])


def _has_package(package: str) -> bool:
    return bool(shutil.which("node")) and (cache() / "node_modules" / package / "package.json").exists()


def _has_go() -> bool:
    return (cache() / "sumdb").exists()


def _has_scales() -> bool:
    return (cache() / "scales/bin/tlog-tiles").exists()


def _go_version() -> str:
    mod = _said("dpkg-query", "--show", "--showformat=${Version}", "golang-golang-x-mod-dev")
    return f"x/mod {mod}"


def _scales_version() -> str:
    asked = "from importlib.metadata import version; print(version('tlog-scales'))"
    return _said(str(cache() / "scales/bin/python"), "-c", asked)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


GO = Tool(
    "Go sumdb",
    "golang-go and golang-golang-x-mod-dev",
    _has_go,
    _go_version,
    lambda: [str(cache() / "sumdb")],
)
SCALES_TOOL = Tool(
    "tlog-scales",
    "tlog-scales",
    _has_scales,
    _scales_version,
    lambda: [str(cache() / "scales/bin/python"), "-I", str(HERE / "scales.py")],
)
SIGSTORE = Tool(
    "@sigstore/verify",
    "Node.js and @sigstore/verify",
    lambda: _has_package("@sigstore/verify"),
    lambda: _node_version("@sigstore/verify"),
    lambda: ["node", str(HERE / "sigstore.cjs"), str(cache())],
)
NOBLE = Tool(
    "@noble/post-quantum",
    "Node.js and @noble/post-quantum",
    lambda: _has_package("@noble/post-quantum"),
    lambda: _node_version("@noble/post-quantum"),
    lambda: ["node", str(HERE / "mldsa.mjs"), str(cache())],
)
OPENSSL = Tool(
    "openssl ts",
    "openssl",
    lambda: bool(shutil.which("openssl")),
    lambda: _said("openssl", "version").split()[1],
    lambda: [sys.executable, "-I", str(HERE / "openssl_ts.py")],
)
TOOLS = (GO, SCALES_TOOL, SIGSTORE, NOBLE, OPENSSL)


def install() -> None:
    """Install what is missing and can be installed here. What fails is reported by the run that follows."""
    cache().mkdir(parents=True, exist_ok=True)
    if not GO.present():
        _install_go()
    if shutil.which("npm") and not (SIGSTORE.present() and NOBLE.present()):
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        _try("npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache()), *wanted)
    if not SCALES_TOOL.present():
        environment = cache() / "scales"
        if _try(sys.executable, "-m", "venv", str(environment)):
            _try(str(environment / "bin/python"), "-m", "pip", "install", "--quiet", SCALES)


def _install_go() -> None:
    has_all = shutil.which("go") and GO_SOURCES.exists()
    if not has_all and os.geteuid() == 0 and shutil.which("apt-get"):
        _try("apt-get", "update", "-qq")
        wanted = ("golang-go", "golang-golang-x-mod-dev")
        _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted)
    if shutil.which("go") and GO_SOURCES.exists():
        # Without modules Go takes imports from GOPATH, where Debian keeps sources: nothing is fetched.
        offline = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOCACHE": str(cache() / "go")}
        _try("go", "build", "-o", str(cache() / "sumdb"), str(HERE / "go/main.go"), **offline)


def _try(*command: str, **environment: str) -> bool:
    settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive"} | environment
    done = subprocess.run(command, env=settings, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.stderr.write(f"{' '.join(command[:3])} … failed with {done.returncode}\n")
    return done.returncode == 0


if __name__ == "__main__":
    install()
