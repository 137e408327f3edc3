"""What the user says beside a call or a config, from text as options hold it to a Given."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrplot.durations import UnitError, count_of, epochs_of
from lrplot.errors import ParameterError, Problem, UsageError, Where, option
from lrplot.plan import BaseRate, Given
from lrplot.schedules.base import Period, check_value
from lrplot.syntax.documents import parse_document
from lrplot.syntax.series import read_series
from lrplot.units import Epochs, Horizon, length_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["read_given"]

_COUNTS = ("dataset_size", "batch_size", "gpus", "accumulate", "seq_len")


def read_given(options: Mapping[str, Any]) -> Given:
    """Return the Given that options describe; what is not given is None.

    Text is read as a file would have it ("160k", "12ep"); numbers are taken as they are. max_epochs
    times iters_per_epoch is max_iters. Raises UsageError, naming the option.
    """
    epoch = _count(options, "iters_per_epoch", partial(count_of, counted="iters_per_epoch"))
    horizon = Horizon(iters_per_epoch=epoch)
    max_iters = _count(options, "max_iters", lambda text: length_of(text, horizon))
    max_epochs, part_epochs = _epochs(options)
    if max_iters is not None and (max_epochs or part_epochs):
        said = f"is {max_epochs or part_epochs:g}, beside --max-iters {max_iters:,}"
        raise _wrong("max_epochs", f"{said}: give one of them")
    if max_epochs is not None and epoch is not None:
        max_iters = max_epochs * epoch
    return Given(
        base_lr=_value(options, "base_lr", BaseRate),
        max_iters=max_iters,
        max_epochs=max_epochs,
        part_epochs=part_epochs,
        iters_per_epoch=epoch,
        **{key: _count(options, key, partial(count_of, counted=key)) for key in _COUNTS},
        drop_last=_value(options, "drop_last", bool),
        optimizer=options.get("optimizer"),
        auto_scale_lr=bool(options.get("auto_scale_lr")),
        metrics=_metrics(options.get("metrics")),
    )


def _wrong(key: str, message: str, hint: str = "") -> UsageError:
    where = Where(option(key))
    return UsageError([Problem(message=message, where=where, hint=hint)])


def _count(options: Mapping[str, Any], key: str, read: Callable[[str], float]) -> int | None:
    value = _number(options, key, read, Period)
    return None if value is None else int(value)


def _epochs(options: Mapping[str, Any]) -> tuple[int | None, float | None]:
    """Return the epochs of a run where they are whole, and where they are not."""
    epochs = _number(options, "max_epochs", epochs_of, Epochs)
    if epochs is None or epochs % 1:
        return None, epochs
    return int(epochs), None


def _number(options: Mapping[str, Any], key: str, read: Callable[[str], float], kind: Any) -> Any:
    value = options.get(key)
    try:
        if isinstance(value, str):
            value = read(value)
        return None if value is None else check_value(key, kind, value)
    except (UnitError, ParameterError) as error:
        raise _wrong(key, error.problems[0].message, error.problems[0].hint) from None


def _value(options: Mapping[str, Any], key: str, kind: Any) -> Any:
    """Return an option that is no count, read as a file would have it."""
    value = options.get(key)
    if isinstance(value, str):
        value = parse_document(value, option(key)).value
    try:
        return None if value is None else check_value(key, kind, value)
    except ParameterError as error:
        raise _wrong(key, error.problems[0].message) from None


def _metrics(value: Any) -> tuple[float, ...] | None:
    if isinstance(value, (str, Path)):
        return read_series(value)
    return None if value is None else tuple(map(float, value))
