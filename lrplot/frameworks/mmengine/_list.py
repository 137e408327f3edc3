"""mmengine's list of schedulers: each acts, in its window, on the value that the others leave.

After every iteration those that count iterations act, in the list's order, then, where an epoch
ends, those that count epochs; a plateau scheduler comes last. When they are built, all of them act
in the list's order. So the run falls into parts in which the same ones act. In a part with one of
them, or with several that only multiply, their closed forms take over the value that the part
before has left; only where several act and one of them has a floor, every step is gone through.

Source: mmengine 0.10.7, hooks/param_scheduler_hook.py and optim/scheduler/param_scheduler.py.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np
from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, ParameterError, Problem
from lrplot.frameworks.mmengine._factors import MultiStepRule, Rule, StepRule
from lrplot.frameworks.mmengine._rates import OneCycleRule
from lrplot.schedules.base import Knots, Phase, Schedule, joined_phases, points
from lrplot.schedules.combine import Chain
from lrplot.schedules.scan import Recursive, Scan
from lrplot.schedules.steps import Piecewise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lrplot.plan import Given
    from lrplot.schedules.base import Rates, Steps

__all__ = ["UNLIMITED", "PlateauRule", "Scheduler", "Schedulers", "joined"]

UNLIMITED = 10**9  # mmengine's INF: where a window ends that nobody ends

_FOREVER = 2**62
_NAMED_LEVELS = 12


class PlateauRule(Schedule, frozen=True, kw_only=True, tag="mmengine.ReduceOnPlateauLR"):
    """v <- max(v * factor, min_value) after each of these epochs, if that lowers it by over eps."""

    drops: tuple[int, ...]
    factor: float
    min_value: float
    eps: float

    def lowered(self, rates: Rates) -> Rates:
        """Return what a drop makes of the values."""
        less = np.maximum(rates * self.factor, self.min_value)
        return np.where(rates - less > self.eps, less, rates)

    def extent(self) -> int:
        """A quarter past the last drop."""
        return max(1, math.ceil(1.25 * max(self.drops, default=0)))


class Scheduler(Schedule, frozen=True, kw_only=True, tag="mmengine.scheduler"):
    """A rule in its window, on its clock.

    Attributes:
        rule: what it does.
        begin: the clock's step at which it begins; a fraction waits for the next whole step.
        end: the clock's step at which it no longer acts.
        by_epoch: whether the clock counts epochs.
        tick: iterations in a step of the clock: those of an epoch, or 1.
        param: what it acts on: "lr", "momentum" or "weight_decay".
        base: the value the optimizer was built with, where the list itself says it.
    """

    rule: Schedule
    begin: float = 0
    end: float = UNLIMITED
    by_epoch: bool = False
    tick: int = 1
    param: str = "lr"
    base: float | None = None

    def check(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.end <= self.begin:
            raise ParameterError("end", f"must be larger than begin: {self.begin}, {self.end}")
        if max(abs(self.begin), self.end) > LARGEST_STEP:
            raise ParameterError("end", "is beyond 2^53 steps")

    @property
    def first(self) -> int:
        """The clock's step of its first action."""
        return max(0, math.ceil(self.begin))

    @property
    def last(self) -> int:
        """The clock's step of its last action; before the first, if there is none."""
        return math.ceil(self.end) - 1

    @property
    def actions(self) -> tuple[int, int]:
        """The iterations of its first and last action."""
        return self.first * self.tick, self.last * self.tick

    def done(self, steps: Steps) -> Steps:
        """Return how far the rule has come by each iteration: its step, or -1 before the first."""
        found: Steps = np.clip(steps // self.tick, self.first - 1, self.last) - self.first
        return found

    def failure(self) -> tuple[int, str] | None:
        """Return the iteration at which mmengine would stop with an error, and why."""
        found = self.rule.fails() if isinstance(self.rule, Rule) else None
        if found is None or found[0] + self.first > self.last:
            return None
        return (found[0] + self.first) * self.tick, found[1]

    def knots(self, end: int) -> Knots:
        """Return the iterations where its window begins and ends, and where its rule turns."""
        start, stop = self.actions
        stop = min(stop, end)
        if start > stop:
            return ()
        if self.tick > 1:  # the value only moves where an epoch begins
            inner: Knots = (range(start, stop + 1, self.tick),)
        else:
            inner = tuple(
                range(knot.start + start, min(knot.stop + start, stop + 1), knot.step)
                for knot in self.rule.knots(stop - start)
            )
        return (*points(end, start, min(start + 1, stop), stop, stop + 1), *inner)

    def extent(self) -> int:
        """Return where the window ends, or where the rule has shown what it does."""
        steps = self.end if self.end < UNLIMITED else self.first + self.rule.extent()
        return max(1, math.ceil(steps) * self.tick)


class Schedulers(Schedule, frozen=True, kw_only=True, tag="mmengine.list"):
    """The curve of one parameter under a list of schedulers.

    Attributes:
        schedulers: all of them, in the list's order.
        param: the parameter whose curve this is; the schedulers of others play no part.
        momentum_held: the momentum that the optimizer holds, where that is known.
    """

    schedulers: tuple[Scheduler, ...]
    param: str = "lr"
    momentum_held: float | None = None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Go from part to part; base is the same at every step."""
        rates = np.empty(steps.shape)
        if not steps.size:
            return rates
        _refuse_failed(self, int(steps.max()))
        initial = float(base.flat[0])
        parts = _parts(self)
        which = np.searchsorted([part.start for part in parts], steps, side="right") - 1
        for number in np.flatnonzero(np.bincount(which.ravel())).tolist():
            here = which == number
            before = _before(self, initial, number)
            rates[here] = parts[number].rates(steps[here], before, initial)
        return rates

    @property
    def acting(self) -> tuple[Scheduler, ...]:
        """The schedulers of this parameter."""
        return tuple(found for found in self.schedulers if found.param == self.param)

    def uses_base(self) -> bool:
        """Say whether the optimizer's rate plays a part; a one-cycle from the start forgets it."""
        first = self.acting[:1]
        return not (first and isinstance(first[0].rule, OneCycleRule) and first[0].first == 0)

    def knots(self, end: int) -> Knots:
        """Return the knots of all, and the drops."""
        drops = [step * s.tick for s in self.acting for step in _drops(s)]
        return (*(knot for s in self.acting for knot in s.knots(end)), *points(end, *drops))

    def extent(self) -> int:
        """Return the longest of all."""
        return max((scheduler.extent() for scheduler in self.acting), default=1000)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Cut the run wherever a window begins or ends, and name what acts there."""
        still = (Phase("constant", 0, end),) if end > 0 else ()
        return joined_phases([still, *(_named(scheduler, end) for scheduler in self.acting)])

    def momentum(self) -> Schedule | None:
        """Return the curve of the momentum, if one of them acts on it."""
        params = {found.param for found in self.schedulers}
        if "momentum" not in params:
            return None
        curve = msgspec.structs.replace(self, param="momentum")
        if self.momentum_held is None:
            if "lr" in params:  # the base rate is that one's
                message = "nothing says which momentum the optimizer holds"
                hint = "a line before may: optimizer = SGD(params, lr=0.1, momentum=0.9)"
                raise InputError([Problem(message, hint=hint)])
            return curve
        held = Piecewise(boundaries=(), values=(self.momentum_held,))
        return Chain(schedules=(held, curve))


def joined(built: Sequence[Schedulers], given: Given) -> Schedulers:
    """Return one list of all the schedulers of several.

    A one-cycle scheduler sets the rate that the optimizer counts as its first: those which are
    built after it start from that, and those before it that cycle too take over its rates.
    """
    found = [scheduler for one in built for scheduler in one.schedulers]
    clocks = {scheduler.by_epoch for scheduler in found if scheduler.param == "lr"}
    if len(clocks) > 1:
        given.need("iters_per_epoch", "a list that counts iterations and epochs")
    held = next((one.momentum_held for one in built if one.momentum_held is not None), None)
    return Schedulers(schedulers=tuple(_linked(found)), momentum_held=held)


def _linked(schedulers: list[Scheduler]) -> Iterator[Scheduler]:
    cycles = [s.rule for s in schedulers if isinstance(s.rule, OneCycleRule)]
    base: float | None = None
    for scheduler in schedulers:
        rule = scheduler.rule
        if isinstance(rule, OneCycleRule):
            base = rule.rates[0]
            at_once = scheduler.first == 0
            rule = msgspec.structs.replace(rule, later=cycles[-1].rates, at_once=at_once)
        yield msgspec.structs.replace(scheduler, rule=rule, base=base)


def _named(scheduler: Scheduler, end: int) -> tuple[Phase, ...]:
    """Return the window's phase; where its rule keeps levels, and those are few, one for each."""
    start, last = scheduler.actions
    stop = min(end, last + scheduler.tick)
    edges = {start, stop}
    if isinstance(scheduler.rule, (StepRule, MultiStepRule)) and start < stop:
        knots = scheduler.rule.knots((stop - start) // scheduler.tick)
        if sum(map(len, knots)) < _NAMED_LEVELS:
            edges |= {start + step * scheduler.tick for knot in knots for step in knot}
    title = scheduler.rule.title() if isinstance(scheduler.rule, Rule) else "plateau"
    within = sorted(edge for edge in edges if start <= edge <= stop)
    return tuple(Phase(title, left, right) for left, right in pairwise(within))


def _refuse_failed(schedulers: Schedulers, last: int) -> None:
    """Refuse a step that a run would not come to."""
    found = [failure for s in schedulers.acting if (failure := s.failure()) is not None]
    if found and min(found)[0] <= last:
        step, why = min(found)
        raise InputError(f"mmengine stops with an error at step {step:,}: {why}")


# -- the parts of a run -------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of iterations, start to stop - 1, in which the same schedulers act, in order."""

    start: int
    stop: int
    acting: tuple[Scheduler, ...]
    drops: tuple[PlateauRule, ...]

    def rates(self, steps: Steps, before: float, initial: float) -> Rates:
        """Return the values at iterations of this part, from that which stands before it."""
        if self._in_one_go(initial):
            rates = np.full(steps.shape, before)
            since = np.asarray([self.start - 1])
            for scheduler in self.acting:
                a, b = _moves(scheduler, since, steps, initial)
                rates = a * rates + b
        else:
            acting = tuple(
                _Acting(scheduler=scheduler, start=self.start, initial=initial)
                for scheduler in self.acting
            )
            rates = Scan(schedules=acting).lr(steps - self.start, np.full(steps.shape, before))
        for drop in self.drops:
            rates = drop.lowered(rates)
        return rates

    def _in_one_go(self, initial: float) -> bool:
        """Say whether what all of them do together has a closed form here."""
        if len(self.acting) < 2 or self.stop - self.start == 1:  # noqa: PLR2004  several
            return True
        return all(_multiplies(scheduler, self.stop - 1, initial) for scheduler in self.acting)


class _Acting(Recursive, frozen=True, kw_only=True, tag="mmengine.acting"):
    """A scheduler as one of several in a scan, which counts from the start of a part."""

    scheduler: Scheduler
    start: int
    initial: float

    def first(self, base: float) -> float:
        """Return what its action at the part's start, if it has one, makes of the value."""
        at = np.asarray([self.start])
        a, b = _moves(self.scheduler, at - 1, at, self.initial)
        return float(a[0]) * base + float(b[0])

    def update(self, steps: Steps) -> tuple[Rates, Rates]:
        """Return the update that leads to each step."""
        at = steps + self.start
        return _moves(self.scheduler, at - 1, at, self.initial)


def _moves(s: Scheduler, since: Steps, steps: Steps, initial: float) -> tuple[Rates, Rates]:
    assert isinstance(s.rule, Rule)  # noqa: S101  the others are drops
    base = initial if s.base is None else s.base
    return s.rule.between(s.done(since), s.done(steps), base)


def _multiplies(s: Scheduler, last: int, initial: float) -> bool:
    assert isinstance(s.rule, Rule)  # noqa: S101  the others are drops
    base = initial if s.base is None else s.base
    return s.rule.multiplies(int(s.done(np.asarray(last))), base)


def _drops(scheduler: Scheduler) -> tuple[int, ...]:
    """Return the epochs at which a plateau scheduler lowers the value: none of another's."""
    return scheduler.rule.drops if isinstance(scheduler.rule, PlateauRule) else ()


@lru_cache(maxsize=64)
def _parts(schedulers: Schedulers) -> tuple[_Part, ...]:
    rules = [s for s in schedulers.acting if isinstance(s.rule, Rule) and s.first <= s.last]
    edges = {0, 1, *(edge for s in rules for edge in (s.actions[0], s.actions[1] + 1))}
    drops = {step * s.tick for s in schedulers.acting for step in _drops(s)}
    starts = sorted(edges | drops | {step + 1 for step in drops})
    return tuple(
        _Part(
            start=start,
            stop=stop,
            acting=_acting(rules, start),
            drops=tuple(_dropping(schedulers, start)) if start in drops else (),
        )
        for start, stop in zip(starts, [*starts[1:], _FOREVER], strict=True)
    )


def _dropping(schedulers: Schedulers, step: int) -> Iterator[PlateauRule]:
    """Yield the plateau schedulers that lower the value at a step."""
    for s in schedulers.acting:
        if isinstance(s.rule, PlateauRule) and step % s.tick == 0 and step // s.tick in _drops(s):
            yield s.rule


def _acting(rules: list[Scheduler], start: int) -> tuple[Scheduler, ...]:
    """Return the schedulers that act in the part, in the order in which they do."""
    found = [s for s in rules if s.actions[0] <= start <= s.actions[1]]
    return tuple(sorted(found, key=lambda s: start > 0 and s.by_epoch))


@lru_cache(maxsize=64)
def _stands(schedulers: Schedulers, initial: float) -> list[float]:
    """Return what stands before each part, as far as it has been asked for: grows in `_before`."""
    del schedulers
    return [initial]


def _before(schedulers: Schedulers, initial: float, number: int) -> float:
    """Return the value that stands when a part begins."""
    stands, parts = _stands(schedulers, initial), _parts(schedulers)
    while len(stands) <= number:
        part = parts[len(stands) - 1]
        end = np.asarray([part.stop - 1])
        stands.append(float(part.rates(end, stands[-1], initial)[0]))
    return stands[number]
