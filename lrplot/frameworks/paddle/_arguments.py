"""What the arguments of a Paddle constructor may be, where the type does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from lrplot.errors import ParameterError
from lrplot.frameworks.paddle._lr_curves import Advanced
from lrplot.schedules.base import check_value
from lrplot.syntax.tree import Code

if TYPE_CHECKING:
    from lrplot.schedules.base import Schedule

__all__ = ["after", "decimal", "from_the_start", "lambda_text", "lowered"]

LastEpoch = Annotated[int, Meta(ge=-1, le=2**53)]


def after(last_epoch: object, schedule: Schedule) -> Schedule:
    """Return a schedule that begins after its last epoch."""
    passed = check_value("last_epoch", LastEpoch, last_epoch) + 1
    return Advanced(schedule=schedule, by=passed) if passed else schedule


def from_the_start(last_epoch: object) -> None:
    """Refuse another start of a schedule that goes on from the rate of the last step."""
    if last_epoch != -1:
        message = "must be -1: after another one, Paddle goes on from learning_rate, whatever"
        raise ParameterError("last_epoch", f"{message} the rate of that epoch was")


def decimal(name: str, value: object) -> float:
    """Return a float; refuse a whole number, as Paddle does here."""
    if not isinstance(value, float):
        message = f"must be written as a float, with a decimal point, got {value!r}"
        raise ParameterError(name, message)
    return value


def lambda_text(name: str, function: object) -> str:
    """Return the text of a lambda."""
    if isinstance(function, Code):
        return function.text
    raise ParameterError(name, f"must be a lambda, got {function!r}")


def lowered(word: Any) -> Any:
    """Return a word in small letters; Paddle takes it in any."""
    return word.lower() if isinstance(word, str) else word
