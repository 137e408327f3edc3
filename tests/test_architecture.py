"""The design's table of rooms, held: imports go one way, and each package has one home."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path

import pytest

import lrplot

PACKAGE = Path(lrplot.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# A room may import from those above it in this list, from itself, and from nothing below. `files`
# and `_lazy` are tools anyone may use.
ROOMS = (
    "lrplot.errors",
    "lrplot.syntax",
    "lrplot.schedules",
    "lrplot.durations",
    "lrplot.accounting",
    "lrplot.units",
    "lrplot.plan",
    "lrplot.loop",
    "lrplot._spec_run",
    "lrplot._spec_write",
    "lrplot.spec",
    "lrplot.frameworks",
    "lrplot.formats",
    "lrplot.overrides",
    "lrplot.sizing",
    "lrplot.source",
    "lrplot.sampling",
    "lrplot.render",
    "lrplot.figures",
    "lrplot.sphinx",
    "lrplot.markdown",
    "lrplot.schema",
    "lrplot.cli",
    "lrplot.__main__",
)
TOOLS = ("lrplot._lazy", "lrplot.files")
CONVENIENCES = {
    ("lrplot", "lrplot.plan"),  # the package's own names, each fetched at its first use
    ("lrplot", "lrplot.source"),
    ("lrplot", "lrplot.schedules"),
    ("lrplot", "lrplot.units"),
    ("lrplot.plan", "lrplot.render"),  # plan.plot() draws itself
}
# Which modules may import what others made; the rest reach numpy as `from lrplot._lazy import np`.
HOMES = {
    "click": ("lrplot.cli",),
    "matplotlib": ("lrplot.render.figure",),
    "plotille": ("lrplot.render.terminal",),
    "rich": ("lrplot.render.table", "lrplot.render.terminal", "lrplot.cli.figures"),
    "docutils": ("lrplot.sphinx",),
    "sphinx": ("lrplot.sphinx",),
    "markdown": ("lrplot.markdown",),
    "yaml": ("lrplot.syntax.documents", "lrplot.render.explain"),
    "tomli": ("lrplot.syntax.toml",),
    "numpy": (),
}
ANYWHERE = {"msgspec"}
STANDARD = {name.partition(".")[0] for name in sys.stdlib_module_names}


def room_of(module: str) -> str:
    known = [room for room in (*ROOMS, *TOOLS) if f"{module}.".startswith(f"{room}.")]
    return max(known, key=len, default="lrplot")


class Imports(ast.NodeVisitor):
    """Collects what a module imports, apart from what only a type checker reads."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = node.module or ""
        whole = {f"{source}.{alias.name}" for alias in node.names}
        self.found |= {name if name in MODULES else source for name in whole}


def imports_of(module: str) -> set[str]:
    visitor = Imports()
    visitor.visit(tree_of(module))
    return visitor.found


def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def test_every_module_has_a_room() -> None:
    assert {module for module in MODULES if room_of(module) == "lrplot"} == {"lrplot"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    own = room_of(module)
    for other in sorted(name for name in imports_of(module) if name.startswith("lrplot.")):
        room = room_of(other)
        order = ROOMS.index(own) if own in ROOMS else 0  # a tool knows errors only
        above = room in TOOLS or ROOMS.index(room) <= order
        assert above or (own, room) in CONVENIENCES, f"{module} imports {other}"


def test_syntax_knows_errors_only() -> None:
    for module in MODULES:
        if room_of(module) == "lrplot.syntax":
            rooms = {room_of(other) for other in imports_of(module) if other.startswith("lrplot.")}
            assert rooms <= {"lrplot.errors", "lrplot.syntax"}, module


def test_schedules_know_no_unit_no_file_and_no_framework() -> None:
    for module in MODULES:
        if room_of(module) == "lrplot.schedules":
            rooms = {room_of(other) for other in imports_of(module) if other.startswith("lrplot.")}
            assert rooms <= {"lrplot.errors", "lrplot.schedules", "lrplot._lazy"}, module


@pytest.mark.parametrize("module", MODULES)
def test_each_package_of_others_has_its_home(module: str) -> None:
    for name in sorted(imports_of(module)):
        package = name.partition(".")[0]
        if package in {"lrplot", "__future__", *STANDARD, *ANYWHERE}:
            continue
        homes = HOMES.get(package)
        assert homes is not None, f"{module} imports {package}, which has no home"
        assert module.startswith(homes or "-"), f"{module} imports {package}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_a_user_wrote_is_ever_run(module: str) -> None:
    calls = [node.func for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}

    assert not names & {"eval", "exec", "compile", "__import__"}
    assert not imports_of(module) & {"pickle", "marshal", "subprocess", "shelve", "runpy"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_what_it_offers_and_is_no_longer_than_a_sitting(
    module: str,
) -> None:
    text = MODULES[module].read_text(encoding="utf-8")
    if not text.strip():
        return

    assert ast.get_docstring(tree_of(module)), f"{module} has no docstring"
    assert len(text.splitlines()) < 400, f"{module} is too long"
    assert "from __future__ import annotations" in text or "import" not in text


@pytest.mark.parametrize(
    "module", [name for name in MODULES if not any(p.startswith("_") for p in name.split(".")[1:])]
)
def test_a_public_module_names_what_it_offers_and_has_it(module: str) -> None:
    tree = tree_of(module)
    defined = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    offered = [node for node in assigned if ast.unparse(node.targets[0]) == "__all__"]
    names = {name for node in offered for name in ast.literal_eval(node.value)}

    assert offered or not defined, f"{module} has no __all__"
    assert all(hasattr(import_module(module), name) for name in names)
