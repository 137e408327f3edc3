"""What an argument of a torch constructor may be, and what torch says where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import ParameterError
from lrplot.frameworks.calls._order import order_of
from lrplot.frameworks.torch._scheduler import Scheduler
from lrplot.frameworks.torch._steps import Foreign
from lrplot.schedules.base import Schedule
from lrplot.schedules.plateau import Plateau
from lrplot.syntax.tree import Code

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer

__all__ = [
    "anneal",
    "divisor",
    "fresh",
    "lambda_text",
    "number",
    "numbers",
    "only",
    "positive",
    "several",
    "total",
]

_LARGEST = 10**300  # no float64 holds an integer much beyond


def fresh(optimizer: Optimizer, last_epoch: object) -> None:
    """Refuse to resume: what a resumed scheduler does depends on what a checkpoint holds."""
    del optimizer
    if last_epoch != -1 or isinstance(last_epoch, bool):
        message = f"must be -1, got {last_epoch!r}: with another, torch resumes from a checkpoint"
        raise ParameterError("last_epoch", message)


def number(key: str, value: object) -> float:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return float(value)
    raise ParameterError(key, f"must be a number, got {_shown(value)}")


def numbers(key: str, value: object) -> tuple[float, ...]:
    if isinstance(value, list):
        return tuple(number(key, item) for item in value)
    raise ParameterError(key, f"must be a list of numbers, got {_shown(value)}")


def only(key: str, value: object) -> float:
    """Return a number, which may be the one number of a list."""
    if not isinstance(value, list):
        return number(key, value)
    if len(value) != 1:
        raise ParameterError(key, f"has {len(value)} values; one parameter group is drawn")
    return number(key, value[0])


def anneal(value: object) -> Any:
    if isinstance(value, str) and value in {"cos", "linear"}:
        return value
    raise ParameterError("anneal_strategy", f"must be cos or linear, got {_shown(value)}")


def divisor(key: str, value: object) -> float:
    found = number(key, value)
    if not found:
        raise ParameterError(key, "is 0: torch divides by it")
    return found


def positive(key: str, value: object) -> int:
    if isinstance(value, int) and value > 0:
        return int(value)
    raise ParameterError(key, f"must be a whole number above 0, got {_shown(value)}")


def total(total_steps: object, epochs: object, steps_per_epoch: object) -> int:
    if total_steps is not None:
        return positive("total_steps", total_steps)
    if epochs is None or steps_per_epoch is None:
        hint = "give it, or both epochs and steps_per_epoch"
        raise ParameterError("total_steps", "is missing", hint)
    return positive("epochs", epochs) * positive("steps_per_epoch", steps_per_epoch)


def lambda_text(key: str, value: object) -> str:
    """Return the text of a lambda, which may be the one lambda of a list."""
    if isinstance(value, list) and len(value) != 1:
        raise ParameterError(key, f"has {len(value)} lambdas; one parameter group is drawn")
    found = value[0] if isinstance(value, list) else value
    if isinstance(found, Code):
        return found.text
    raise ParameterError(key, f"must be a lambda, got {_shown(found)}")


def several(value: object, container: str) -> dict[str, tuple[Any, ...]]:
    """Return a container's schedulers and their order, refusing what torch refuses."""
    if not isinstance(value, list) or not value:
        raise ParameterError("schedulers", "must be a list of at least one scheduler")
    schedulers = tuple(_held(item, container) for item in value)
    return {"schedulers": schedulers, "order": order_of(value)}


def _held(item: object, container: str) -> Scheduler:
    if isinstance(item, Plateau):
        message = f"{container} cannot hold a ReduceLROnPlateau, whose step() needs a metric"
        raise ParameterError("schedulers", message)
    if isinstance(item, Scheduler):
        return item
    if isinstance(item, Schedule):
        return Foreign(schedule=item)
    raise ParameterError("schedulers", f"must hold schedulers, got {_shown(item)}")


def _shown(value: object) -> str:
    if isinstance(value, Schedule):
        return f"a {value.name()}"
    return "a lambda" if isinstance(value, Code) else repr(value)
