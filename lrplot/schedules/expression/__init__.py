"""Expressions in the step, such as `0.95 ** epoch`: read as syntax and never run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np
from lrplot.errors import InputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lrplot.schedules.expression._nodes import Node

__all__ = ["Expression", "compile_expression"]

BLOCK = 1 << 16  # steps evaluated at once, so that memory stays bounded


class Expression(msgspec.Struct, frozen=True):
    """A function of the step, written as Python would have it: `max(0.1, 1 - t / 50)`.

    The text is one expression in `t` (or `epoch`, `step`, `it`, ... which mean the same), or a
    `lambda` of one parameter: numbers, `+ - * / // % **`, comparisons, `and or not`, `a if b else
    c`, `min max abs int float round pow sum len`, the common functions of `math`, `np` and `torch`,
    and constants picked from a list or dict by an index. Whatever else Python has is refused.

    Its value at a step is Python's own, to the last bit (`np.` functions: numpy's): ints stay ints
    of any size up to 4096 bits, branches not taken are not evaluated.

    Raises:
        ParameterError: the text is not such an expression, or is too long (2,000 characters), too
            large (500 parts) or too deep (60 levels).
    """

    text: str

    def __post_init__(self) -> None:
        _tree(self.text)

    def __call__(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value at each step, as float64 of the steps' shape.

        Raises:
            InputError: at some step there is no finite value (a division by zero, the logarithm of
                a negative number, an overflow, ...); it names the smallest such step.
        """
        steps = np.asarray(steps, np.int64)
        flat = steps.reshape(-1)
        out = np.empty(flat.shape, np.float64)
        for start in range(0, flat.size, BLOCK):
            block = slice(start, start + BLOCK)
            out[block] = self._values(flat[block], flat)
        return out.reshape(steps.shape)

    def knots(self, end: int) -> tuple[range, ...]:
        """Return the steps of 0..end where the value may jump or kink, as ranges.

        A jump between s - 1 and s is listed as s; a kink between two steps as both. Where the
        expression is neither smooth nor understood, every step is listed.
        """
        from lrplot.schedules.expression._knots import knots

        return knots(_tree(self.text), end)

    def _values(self, block: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
        from lrplot.schedules.expression._python import NoValueError

        try:
            return evaluate(_tree(self.text), block)
        except NoValueError as error:
            raise self._problem(error, steps) from None

    def _problem(self, error: Exception, steps: NDArray[np.int64]) -> InputError:
        """Say which is the smallest of all the steps that has no value."""
        from lrplot.schedules.expression._python import NoValueError

        step, reason = error.args
        while (earlier := steps[steps < step]).size:
            try:
                for start in range(0, earlier.size, BLOCK):
                    evaluate(_tree(self.text), earlier[start : start + BLOCK])
            except NoValueError as found:  # noqa: PERF203  # once per failing part
                step, reason = found.args
            else:
                break
        message = f"the expression has no finite value at step {step}: {reason}"
        hint = f"in {self.text.strip()[:100]}"
        return InputError([Problem(message=message, key="factor", hint=hint)])


def evaluate(node: Node, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a node's values as finite floats; raise NoValueError where one is not."""
    from lrplot.schedules.expression._python import NoValueError, real

    with np.errstate(all="ignore"):
        values = real(steps, node.at(steps))
        wrong = ~np.isfinite(values)
    if wrong.any():
        step = int(steps[wrong].min())
        raise NoValueError(step, f"its value is {values[wrong & (steps == step)][0]}")
    return values


@lru_cache(maxsize=256)
def _tree(text: str) -> Node:
    from lrplot.schedules.expression._read import read

    return read(text)


@lru_cache(maxsize=256)
def compile_expression(text: str) -> Expression:
    """Return the expression that `text` writes, ready to be called with steps.

    Raises:
        ParameterError: the text is refused; the message says what, and at which column.
    """
    return Expression(text)
