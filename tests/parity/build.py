"""What the runners of all frameworks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def built(expr: str, names: Mapping[str, Any]) -> Any:
    """Evaluate a call that this folder's own scripts wrote, with the framework's names in reach.

    Of several lines, the last of which gives the call a name, return what has it.
    """
    space = dict(names)
    if "\n" not in expr:
        return eval(expr, space)  # noqa: S307 - the text is drawn here, by no user
    exec(expr, space)  # noqa: S102 - so is this
    return space[expr.rpartition("\n")[2].partition(" = ")[0]]


def held(optimizer: Any, param: str) -> float:
    """Return the rate or the momentum that a torch optimizer holds."""
    group = optimizer.param_groups[0]
    if param == "momentum" and "betas" in group:
        return float(group["betas"][0])
    return float(group[param])
