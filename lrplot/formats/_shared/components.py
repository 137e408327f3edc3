"""Components: mappings that name a class and its arguments, as configs instantiate them.

    _component_: torch.optim.lr_scheduler.StepLR      _target_: ...      class_path: ...
    step_size: 30                                     step_size: 30      init_args: {step_size: 30}

They become calls, and are read as a pasted call would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot.formats._shared.keys import Section
from lrplot.frameworks import FRAMEWORKS
from lrplot.syntax.tree import Call, Node

if TYPE_CHECKING:
    from lrplot.syntax.tree import Key

__all__ = [
    "CLASS_PATH",
    "COMPONENT",
    "TARGET",
    "Style",
    "arguments",
    "as_call",
    "component",
    "refuse_unknown_owner",
]


class Style(NamedTuple):
    """How a kind of config writes a component.

    Attributes:
        name: the key that holds the class's name.
        args: the key of the arguments; empty where they stand beside the name.
        aside: keys beside the name that are no arguments.
    """

    name: str
    args: str = ""
    aside: tuple[str, ...] = ()


COMPONENT = Style("_component_")
TARGET = Style("_target_", aside=("_partial_", "_recursive_", "_convert_"))
CLASS_PATH = Style("class_path", args="init_args")

_POSITIONAL = "_args_"
_QUIET = ("verbose",)  # of earlier versions of torch, and in configs still; it changed no rate
_OWNERS = (*FRAMEWORKS, "tensorflow", "lightning", "pytorch_lightning")  # whose classes are known


def component(section: Section, style: Style) -> str:
    """Return the name of the class that a section instantiates, empty where it names none."""
    node = section.get(style.name)
    return node.value if node is not None and isinstance(node.value, str) else ""


def arguments(section: Section, style: Style) -> Section:
    """Return the section that holds a component's arguments, and nothing else."""
    if style.args:
        return section.section(style.args)
    left = {style.name, *style.aside}
    kept = {key: node for key, node in section.entries.items() if key not in left}
    return Section(Node(kept, section.node.where, keys=section.node.keys), section.path)


def refuse_unknown_owner(section: Section, style: Style) -> None:
    """Refuse a component that is imported from elsewhere: it may only be called as a known one."""
    name = component(section, style)
    owner, dot, _ = name.partition(".")
    if dot and owner not in _OWNERS:
        message = f"{name} is code of its own, whose rates no file tells"
        hint = f"known are those of {', '.join(FRAMEWORKS)}"
        raise section.wrong(style.name, message, hint)


def as_call(section: Section, style: Style, *without: str) -> Node:
    """Return a component as a call; its arguments that are components are calls, too.

    without names arguments that the call does not take.
    """
    entries, name = arguments(section, style).entries, component(section, style)
    quiet = _QUIET if name.startswith("torch.") else ()
    positional = entries.get(_POSITIONAL)
    args = positional.value if positional and isinstance(positional.value, tuple) else ()
    kwargs = {
        str(key): _called(node, style)
        for key, node in entries.items()
        if key not in {_POSITIONAL, *without, *quiet}
    }
    call = Call(name, tuple(_called(node, style) for node in args), kwargs)
    return Node(call, section.node.where, text=call.name)


def _called(node: Node, style: Style) -> Node:
    """Return a node with each component in it as a call."""
    if isinstance(node.value, tuple):
        items = tuple(_called(item, style) for item in node.value)
        return Node(items, node.where, node.text, node.tag)
    if isinstance(node.value, str):
        return _number(node)
    if not isinstance(node.value, dict):
        return node
    if component(Section(node), style):
        return as_call(Section(node), style)
    inner: dict[Key, Node] = {key: _called(item, style) for key, item in node.value.items()}
    return Node(inner, node.where, node.text, node.tag, node.keys)


def _number(node: Node) -> Node:
    """Return a text that spells a number ("2e-5") as that number."""
    try:
        return Node(float(node.value), node.where, node.text, node.tag)
    except ValueError:
        return node
