"""Finds every place that asks for a right or filters by one, and gives each a switch that takes it away.

A module is compiled once with all its switches in it (mutant schemata: Untch, Offutt and Harrold, 1993), so that a run
changes from one mutant to the next by turning a number, without starting Python again.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "ledger_bridge", "accounts", "workspaces", "sharing")
SWITCH = "__taken_away__"
ASKING = {
    "require",
    "require_author",
    "require_no_hold",
    "require_nothing_keeps",
    "require_on_all",
    "require_open_to_outsiders",
    "require_openable",
    "require_standing",
    "_require_credential",
    "_require_right",
    "_require_right_to_give",
    "_require_scope",
    "_require_second",
    "_require_to_move",
    "_require_usable",
}
"""Other checks that refuse somebody raise one of these themselves, which is a place as well. What asks whether stored
bytes are the recorded ones asks nobody for a right."""
REFUSALS = {"NotAcknowledged", "Refused", "TermsNotAcknowledged"}
FILTERS = {
    "visible_to",
    "visible_items",
    "items_with_right",
    "visible_workspaces",
    "with_right",
    "workspaces_with_right",
}


@dataclass(frozen=True)
class Site:
    """One place, called by what stands in it, so that a line added above it does not change its name."""

    name: str
    line: int

    def __str__(self) -> str:
        return f"{self.name} (line {self.line})"


@dataclass
class Switcher(ast.NodeTransformer):
    """Puts a switch on every site of one module; `sites` names them in the order of their numbers."""

    module: str
    first: int = 0
    sites: list[Site] = field(default_factory=list)
    _within: list[str] = field(default_factory=list)
    _counted: Counter[str] = field(default_factory=Counter)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._scope(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._scope(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """`require(…)` and what stands for it: it raises or does nothing."""
        self.generic_visit(node)
        called = _called(node.value)
        if called not in ASKING or not isinstance(node.value, ast.Call) or not node.value.args:
            return node
        taken = self._unless(node, called)
        taken.body.append(ast.Expr(self._told("granted")))
        return taken

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """`raise Refused(…)`: a refusal that is decided in place."""
        self.generic_visit(node)
        return self._unless(node, "refused") if node.exc and _called(node.exc) in REFUSALS else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A filter gives everything, and a question about a right is answered with yes."""
        self.generic_visit(node)
        called = _called(node)
        if called in FILTERS and node.args:
            return self._or(node, called, _unfiltered(node))
        if called == "has_perm" and isinstance(node.func, ast.Attribute) and "has_perm" not in self._within:
            taken = self._or(node, called, ast.Constant(value=True))
            taken.orelse = self._told("answered", node)
            return taken
        return node

    def _scope(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        self._within.append(node.name)
        # What stands before the body, as decorators and defaults do, is no place of the function's own.
        node.body = [self.visit(statement) for statement in node.body]
        self._within.pop()
        return node

    def _unless(self, node: ast.stmt, kind: str) -> ast.If:
        test = ast.UnaryOp(op=ast.Not(), operand=self._switch(node, kind))
        return ast.copy_location(ast.If(test=test, body=[node], orelse=[]), node)

    def _or(self, node: ast.Call, kind: str, without: ast.expr) -> ast.IfExp:
        return ast.copy_location(ast.IfExp(test=self._switch(node, kind), body=without, orelse=node), node)

    def _switch(self, node: ast.stmt | ast.expr, kind: str) -> ast.expr:
        place = f"{self.module}:{'.'.join(self._within)}:{kind}"
        self._counted[place] += 1
        self.sites.append(Site(f"{place}:{self._counted[place]}", node.lineno))
        return ast.Call(func=ast.Name(id=SWITCH, ctx=ast.Load()), args=[self._number()], keywords=[])

    def _told(self, what: str, *answer: ast.expr) -> ast.expr:
        """Tell the site made last what came of it: only a test that was refused there can notice its absence."""
        told = ast.Attribute(value=ast.Name(id=SWITCH, ctx=ast.Load()), attr=what, ctx=ast.Load())
        return ast.Call(func=told, args=[self._number(), *answer], keywords=[])

    def _number(self) -> ast.expr:
        return ast.Constant(value=self.first + len(self.sites) - 1)


def modules() -> Iterator[Path]:
    """Return the files of the rooms that may hold places."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts and path.stem != "__main__":
                yield path


def switched(source: str, module: str, first: int = 0) -> tuple[ast.Module, list[Site]]:
    """Return a module's tree with a switch on every site, numbered from `first`, and the sites."""
    switcher = Switcher(module, first)
    tree = switcher.visit(ast.parse(source))
    return ast.fix_missing_locations(tree), switcher.sites


def _called(node: ast.expr) -> str:
    """Return the last name of what is called: `a.b.c()` gives c; nothing where nothing is called."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _unfiltered(node: ast.Call) -> ast.expr:
    """`things.visible_to(person)` gives `things.all()`; `visible_to(things, person)` gives `things`."""
    if isinstance(node.func, ast.Attribute) and len(node.args) == 1:
        everything = ast.Attribute(value=node.func.value, attr="all", ctx=ast.Load())
        return ast.Call(func=everything, args=[], keywords=[])
    return node.args[0]
