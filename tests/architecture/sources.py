"""The project's own Python files, read once as trees, for the rules in this directory."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "ledger_bridge", "accounts", "workspaces", "sharing")
PACKAGES = (*ROOMS, "config", "verifier", "witness", "bench")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*packages: str) -> list[Path]:
    """Return the packages' modules, without migrations."""
    found = (path for name in packages for path in sorted((ROOT / name).rglob("*.py")))
    return [path for path in found if not {"migrations", "scratch"} & set(path.relative_to(ROOT).parts)]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def called_names(node: ast.AST) -> set[str]:
    """Return the last names of everything that is called below the node: `a.b.c()` gives c."""
    names = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Name):
                names.add(call.func.id)
            elif isinstance(call.func, ast.Attribute):
                names.add(call.func.attr)
    return names


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found
