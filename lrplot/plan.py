"""A Plan: a schedule with all that is needed to say a rate, and what the reader should know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, overload

import msgspec
from msgspec import Meta

from lrplot._lazy import np
from lrplot.durations import LARGEST_STEP
from lrplot.errors import (
    InputError,
    MissingOptionError,
    ParameterError,
    Problem,
    UsageError,
    Where,
    option,
    suggest,
)
from lrplot.schedules.base import Schedule, check_value
from lrplot.units import LENGTHS, SIZES, Horizon

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from lrplot.schedules.base import Phase, Rates, Steps

__all__ = ["BaseRate", "Given", "Plan"]

_CHUNK = 2**15  # steps at a time: their temporaries stay in the cache

BaseRate = Annotated[
    float, Meta(ge=0, description="the rate the optimizer holds", extra={"unit": "rate"})
]
_Count = Annotated[int, Meta(ge=1, le=LARGEST_STEP)]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says beside the source: what a call or a config cannot hold.

    A reader that needs one that is None asks for it by its option: `need("max_iters", "why")`.
    max_epochs are whole; a run that ends within an epoch has part_epochs, which only the formats
    get whose `RULE` says how the updates of a part are rounded.
    """

    base_lr: float | None = None
    max_iters: int | None = None
    max_epochs: int | None = None
    part_epochs: float | None = None
    iters_per_epoch: int | None = None
    dataset_size: int | None = None
    batch_size: int | None = None
    gpus: int | None = None
    accumulate: int | None = None
    drop_last: bool | None = None
    seq_len: int | None = None
    optimizer: str | None = None
    auto_scale_lr: bool = False
    metrics: tuple[float, ...] | None = None

    @property
    def epochs(self) -> float | None:
        """Epochs of the run, whole or not."""
        return self.max_epochs if self.part_epochs is None else self.part_epochs

    def refuse_part(self, trainer: str) -> None:
        """Refuse a run that ends within an epoch, for a trainer that counts whole ones."""
        if self.part_epochs is not None:
            message = f"must be whole for {trainer}, got {self.part_epochs:g}"
            raise UsageError([Problem(message=message, where=Where(option("max_epochs")))])

    def need(self, name: str, why: str) -> Any:
        """Return a value, or raise the InputError that asks for its option."""
        value = getattr(self, name)
        if value is None:
            message, hint = f"{why} needs {option(name)}", f"add {option(name)}"
            raise MissingOptionError([Problem(message=message, hint=hint)])
        return value

    def horizon(self, **source: Any) -> Horizon:
        """Return the run's horizon: what the source says, and over it what the user does.

        Raises UsageError where the user's sizes contradict each other or the source's.
        """
        said = {name: getattr(self, name) for name in (*LENGTHS, *SIZES)}
        said = {name: value for name, value in said.items() if value is not None}
        if "max_iters" in said or "max_epochs" in said:
            source = {**source, "max_iters": None, "max_epochs": None}
        if "iters_per_epoch" in said and "dataset_size" not in said:
            source = {**source, "dataset_size": None}
        try:
            return Horizon(**{**source, **said})
        except ParameterError as error:
            at = [each._replace(where=Where(option(each.key))) for each in error.problems]
            raise UsageError(at) from None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule, its base rate and its horizon: a learning-rate curve ready to be asked.

    `lr(t)` is the rate that update number t uses, counting from 0. The horizon runs 0..max_iters;
    max_iters is where the schedule stands after the last update.

    Attributes:
        schedule: the schedule.
        base_lr: the rate that flows into it: what the optimizer holds.
        max_iters: how many updates the run makes (T).
        iters_per_epoch: updates in an epoch, where known.
        horizon: what these two follow from, and what an update is in samples: what turns "8ep" or
            "50%" into steps of this plan, and a step into epochs and samples.
        name: what a legend calls the curve.
        convention: whose rule the values follow: "native", or a framework's.
        notes: what the reader should know about how the source was understood.
        open_end: whether nobody said how long the run is, and max_iters is only what is shown.
        groups: the curves of parameter groups with a rate of their own, by their names.
        details: where the source says what: of interest to who asks how it was understood.
    """

    schedule: Schedule
    base_lr: float
    max_iters: int
    iters_per_epoch: int | None = None
    horizon: Horizon = Horizon()
    name: str = ""
    convention: str = "native"
    notes: tuple[str, ...] = ()
    open_end: bool = False
    groups: tuple[Plan, ...] = ()
    details: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the numbers; the schedule has checked itself."""
        if not isinstance(self.schedule, Schedule):
            raise ParameterError("schedule", f"must be a schedule, got {self.schedule!r}")
        force = msgspec.structs.force_setattr
        force(self, "base_lr", check_value("base_lr", BaseRate, self.base_lr))
        force(self, "max_iters", check_value("max_iters", _Count, self.max_iters))
        force(self, "horizon", self.horizon.lasting(self.max_iters, self.iters_per_epoch))
        force(self, "iters_per_epoch", self.horizon.iters_per_epoch)
        force(self, "name", self.name or self.schedule.name())

    @property
    def in_epochs(self) -> bool:
        """Whether a step is an epoch: all that is exact where nobody says how long one is."""
        return self.iters_per_epoch == 1 and self.horizon.loading is None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The stretches of the run that a person would name."""
        return self.schedule.phases(self.max_iters)

    @overload
    def lr(self, steps: int) -> float: ...
    @overload
    def lr(self, steps: ArrayLike) -> Rates: ...
    def lr(self, steps: Any) -> Any:
        """Return the rate at each step: a float for one, a float64 array for several.

        Steps are whole and >= 0; beyond max_iters the schedule says what happens (one with a
        length of its own holds). Raises InputError where a step has no finite rate.
        """
        return _evaluate(self.schedule, steps, self.base_lr)

    def of(self, param: str) -> Plan:
        """Return the plan of another parameter: "lr" (this one) or "momentum"."""
        if param == "lr":
            return self
        cycled = self.schedule.momentum()
        if cycled is None:
            raise InputError(f"{self.name} does not schedule the {param}")
        return msgspec.structs.replace(self, schedule=cycled, name=f"{self.name} {param}")

    def group(self, name: str) -> Plan:
        """Return the curve of a parameter group; "main" is this one.

        Raises UsageError where there is no such group.
        """
        names = ("main", *(plan.name for plan in self.groups))
        if name not in names:
            hint = suggest(name, names) or f"there is {', '.join(names)}"
            raise UsageError(f"{self.name} has no parameter group '{name}'", hint)
        if name == "main":
            return self
        found = self.groups[names.index(name) - 1]
        return msgspec.structs.replace(found, name=f"{self.name} {name}")

    def plot(self, ax: Axes | None = None, **line: Any) -> Axes:
        """Draw the curve on a matplotlib Axes (a new Figure's, unless given) and return it."""
        from lrplot.render.figure import draw_line, new_axes

        axes = new_axes() if ax is None else ax
        draw_line(axes, self, **line)
        return axes


def _evaluate(schedule: Schedule, steps: Any, base: float) -> Any:
    wanted = np.asarray(steps)
    flat = wanted.reshape(-1)
    rates = np.empty(flat.shape)
    bases = np.full(min(flat.size, _CHUNK), base, dtype=np.float64)
    bases.setflags(write=False)
    np.empty(8 * _CHUNK)  # freed at once, so that malloc keeps what is smaller: no page faults
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _CHUNK):
            chunk = _as_steps(flat[start : start + _CHUNK])
            found = schedule.lr(chunk, bases[: chunk.size])
            if not math.isfinite(found.sum()):
                _refuse_non_finite(schedule, chunk, found)
            rates[start : start + _CHUNK] = found
    return float(rates[0]) if wanted.ndim == 0 else rates.reshape(wanted.shape)


def _as_steps(given: NDArray[Any]) -> Steps:
    """Return the steps as int64, or refuse what is not a step."""
    if given.dtype.kind not in "iu":
        raise ParameterError("steps", f"must be whole numbers, got {given.dtype}")
    steps: Steps = given.astype(np.int64, copy=False)
    if steps.view(np.uint64).max() > LARGEST_STEP:  # as unsigned, what is below 0 is beyond all
        raise ParameterError("steps", "must be between 0 and 2^53")
    return steps


def _refuse_non_finite(schedule: Schedule, steps: Steps, rates: Rates) -> None:
    bad = ~np.isfinite(rates)
    if bad.any():
        step, rate = int(steps[bad][0]), float(rates[bad][0])
        raise InputError(f"{schedule.name()} gives no finite rate at step {step}: {rate}")
