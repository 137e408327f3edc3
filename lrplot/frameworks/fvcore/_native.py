"""Native schedules as fvcore has them: functions of the run's progress, one after another.

Each is written as the stretches that fill a room of so many steps. Nothing goes on past its end, so
a schedule that is longer than its room is refused, and one that is shorter stays where it came to.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.frameworks.native import lacking, levels_of, neat, part, refusal, warmup_ends, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NATIVE"]

_MANY = 100  # stretches, or levels, in one call


class _Stretch(NamedTuple):
    """A function, as text, the steps it takes and the rate it comes to."""

    text: str
    steps: float
    end: float


_Stretches = list[_Stretch]


def _composed(schedule: Schedule, plan: Plan) -> str:
    """Return the one function, or the composite of several."""
    parts = _filled(_stretches(schedule, plan, plan.max_iters), plan.max_iters)
    if len(parts) == 1:
        return parts[0].text
    return written(
        "CompositeParamScheduler",
        f"[{', '.join(part.text for part in parts)}]",
        lengths=[part.steps / plan.max_iters for part in parts],
        interval_scaling=["rescaled"] * len(parts),
    )


def _stretches(schedule: Schedule, plan: Plan, room: float) -> _Stretches:
    write = _KINDS.get(schedule.name())
    if write is None:
        raise lacking("fvcore", schedule)
    return write(schedule, plan, room)


def _filled(parts: Iterable[_Stretch], room: float) -> _Stretches:
    """Return the stretches that last, and the last rate held for what is left of the room."""
    lasting = [part for part in parts if part.steps]
    left = room - sum(part.steps for part in lasting)
    if left < 0:
        message = f"it is not cut off: {room - left:g} steps do not fit into {room:g}"
        raise refusal("fvcore", message, f"--max-iters {room - left:g} is long enough")
    if len(lasting) > _MANY:
        raise refusal("fvcore", f"it would be a list of {len(lasting)}; {_MANY} are written")
    return [*lasting, _level(lasting[-1].end, left)] if left else lasting


def _level(rate: float, steps: float) -> _Stretch:
    return _Stretch(written("ConstantParamScheduler", value=rate), steps, rate)


def _line(start: float, end: float, steps: float) -> _Stretch:
    if start == end:
        return _level(start, steps)
    ends = {"start_value": start, "end_value": end}
    return _Stretch(written("LinearParamScheduler", **ends), steps, end)


def _half_cosine(start: float, end: float, steps: float) -> _Stretch:
    ends = {"start_value": start, "end_value": end}
    return _Stretch(written("CosineParamScheduler", **ends), steps, end)


def _power(start: float, factor: float, steps: float) -> _Stretch:
    """Return a fall or rise by a factor over the whole stretch."""
    text = written("ExponentialParamScheduler", start_value=start, decay=factor)
    return _Stretch(text, steps, start * factor)


def _constant(schedule: Any, plan: Plan, room: float) -> _Stretches:
    del schedule
    return [_level(plan.base_lr, room)]


def _linear(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _filled([_line(plan.base_lr, schedule.end_lr, schedule.max_iters)], room)


def _cosine(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _filled([_half_cosine(plan.base_lr, schedule.eta_min, schedule.max_iters)], room)


def _poly(schedule: Any, plan: Plan, room: float) -> _Stretches:
    if schedule.cycle:
        raise refusal("fvcore", "its polynomial does not start again; leave --cycle out")
    curve = {"base_value": plan.base_lr, "power": schedule.power}
    text = written("PolynomialDecayParamScheduler", **curve)
    return _filled([_Stretch(text, schedule.max_iters, 0.0)], room)


def _cosine_restarts(schedule: Any, plan: Plan, room: float) -> _Stretches:
    lengths: list[int] = []
    while sum(lengths) < room and len(lengths) <= _MANY:
        lengths.append(schedule.t_0 * schedule.t_mult ** len(lengths))
    return _filled([_half_cosine(plan.base_lr, schedule.eta_min, steps) for steps in lengths], room)


def _exponential(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _decay(plan, schedule.gamma**room, room, wanted=schedule.gamma)


def _natural_exp(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _decay(plan, math.exp(-schedule.gamma * room), room, wanted=1.0)


def _decay(plan: Plan, whole: float, room: float, *, wanted: float) -> _Stretches:
    if wanted and not whole:
        raise refusal("fvcore", "the decay over the whole run is too small for a number")
    return [_power(plan.base_lr, whole, room)]


def _step(schedule: Any, plan: Plan, room: float) -> _Stretches:
    """Write a fixed gamma where the levels fill the room, else a value for each."""
    size, gamma = schedule.step_size, schedule.gamma
    drops = math.ceil(room / size) - 1
    if drops > 0 and room % size == 0 and gamma > 0 and plan.base_lr > 0:
        name = "StepWithFixedGammaParamScheduler"
        given = {"num_decays": drops, "gamma": gamma, "num_updates": int(room)}
        text = written(name, base_value=plan.base_lr, **given)
        return [_Stretch(text, room, plan.base_lr * gamma**drops)]
    marks = range(size, size * (_MANY + 1) + 1, size)  # one more than is written
    return _dropping(marks, schedule, plan, room)


def _multistep(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _dropping(schedule.milestones, schedule, plan, room)


def _dropping(marks: Iterable[int], schedule: Any, plan: Plan, room: float) -> _Stretches:
    """Write a drop by gamma at each of the marks."""
    base, gamma = plan.base_lr, schedule.gamma
    return _levels(base, ((mark, neat(base * gamma**i)) for i, mark in enumerate(marks, 1)), room)


def _piecewise(schedule: Any, plan: Plan, room: float) -> _Stretches:
    del plan
    first, *rest = schedule.values
    return _levels(first, zip(schedule.boundaries, rest, strict=True), room)


def _table(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _piecewise(levels_of(schedule), plan, room)


def _levels(first: float, changes: Iterable[tuple[int, float]], room: float) -> _Stretches:
    """Write levels: of several changes at one step the last counts, none past the room."""
    rates = {0: first, **{mark: rate for mark, rate in changes if mark < room}}
    if len(rates) > _MANY:
        raise refusal("fvcore", f"it would be a list of levels; {_MANY} are written")
    if len(rates) == 1:
        return [_level(rates[0], room)]
    values, marks = [*rates.values()], [*rates][1:]
    given = {"values": values, "num_updates": int(room), "milestones": marks}
    return [_Stretch(written("MultiStepParamScheduler", **given), room, values[-1])]


def _anneal(schedule: Any, plan: Plan, room: float) -> _Stretches:
    del plan
    piece = _half_cosine if schedule.shape == "cos" else _line
    marks: Sequence[float] = schedule.milestones
    pieces = [
        piece(start, end, to - since)
        for (since, to), (start, end) in zip(
            pairwise(marks), pairwise(schedule.values), strict=True
        )
    ]
    return _filled([_level(schedule.values[0], marks[0]), *pieces], room)


def _onecycle(schedule: Any, plan: Plan, room: float) -> _Stretches:
    return _anneal(schedule.curve(), plan, room)


def _wsd(schedule: Any, plan: Plan, room: float) -> _Stretches:
    if schedule.decay == "1-sqrt":
        raise refusal("fvcore", "nothing decays by 1-sqrt; linear and cosine are there")
    base, warmup, decay = plan.base_lr, schedule.warmup_steps, schedule.decay_steps
    fall = _half_cosine if schedule.decay == "cosine" else _line
    hold = _level(base, schedule.max_iters - warmup - decay)
    return _filled([_line(0.0, base, warmup), hold, fall(base, schedule.eta_min, decay)], room)


def _linear_warmup(schedule: Any, plan: Plan, room: float) -> _Stretches:
    rise = _line(*warmup_ends(schedule, plan.base_lr), schedule.warmup_steps)
    return _after(rise, schedule, plan, room)


def _constant_warmup(schedule: Any, plan: Plan, room: float) -> _Stretches:
    start, _ = warmup_ends(schedule, plan.base_lr)
    return _after(_level(start, schedule.warmup_steps), schedule, plan, room)


def _exp_warmup(schedule: Any, plan: Plan, room: float) -> _Stretches:
    start, end = warmup_ends(schedule, plan.base_lr)
    return _after(_power(start, part(end, start), schedule.warmup_steps), schedule, plan, room)


def _after(rise: _Stretch, schedule: Any, plan: Plan, room: float) -> _Stretches:
    left = room - rise.steps
    return _filled([rise, *(_stretches(schedule.then, plan, left) if left > 0 else ())], room)


def _sequence(schedule: Any, plan: Plan, room: float) -> _Stretches:
    if schedule.hand_over == "carry":
        raise refusal("fvcore", "each of its functions has its own start, and carries none over")
    ends = [0, *(min(mark, room) for mark in schedule.milestones), room]
    rooms = [end - start for start, end in pairwise(ends)]
    pairs = zip(schedule.schedules, rooms, strict=True)
    return [part for inner, steps in pairs if steps for part in _stretches(inner, plan, steps)]


_KINDS: dict[str, Callable[[Any, Plan, float], _Stretches]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "piecewise": _piecewise,
    "table": _table,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "onecycle": _onecycle,
    "anneal": _anneal,
    "wsd": _wsd,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
    "exp_warmup": _exp_warmup,
    "sequence": _sequence,
}

NATIVE: dict[str, Callable[[Any, Plan], str]] = dict.fromkeys(_KINDS, _composed)
