"""What a training loop does to a schedule that is none of the schedule's own: options over a Plan.

scale_lr, from_batch, scale_warmup      its rate, scaled to another batch than it was tuned for
stepped_per, scheduler_steps_times      how often the loop steps the scheduler
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from lrplot.durations import UnitError, count_of
from lrplot.errors import ParameterError, UsageError, option, suggest
from lrplot.schedules.base import Period, check_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lrplot.plan import Plan

__all__ = ["LOOP_OPTIONS", "STEPPING_OPTIONS", "as_looped", "as_meant", "from_batch"]

STEPPING_OPTIONS = ("stepped_per", "scheduler_steps_times")
_SCALING_OPTIONS = ("scale_lr", "from_batch", "scale_warmup")
LOOP_OPTIONS = (*_SCALING_OPTIONS, *STEPPING_OPTIONS)

_Times = Annotated[int, Meta(ge=1, le=2**20)]


def as_meant(options: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    """Return what the curves as meant and as stepped are called, and the options of the first.

    None where no option says how the loop steps. Whether a schedule is meant to be stepped at each
    update or once an epoch, a call does not say; so these two are called what they are.
    """
    if not options.keys() & set(STEPPING_OPTIONS):
        return None
    without = {key: value for key, value in options.items() if key not in STEPPING_OPTIONS}
    per, times = options.get("stepped_per"), str(options.get("scheduler_steps_times", 1))
    named = [f"stepped per {per}"] * bool(per) + [f"{times} steps each time"] * (times != "1")
    return "as meant", ", ".join(named) or "as stepped", without


def as_looped(plan: Plan, options: Mapping[str, Any]) -> Plan:
    """Return the plan as a loop runs it that scales the rate and steps the scheduler so.

    Raises UsageError where an option's value is none, or needs a size that is not known.
    """
    if options.keys() & set(_SCALING_OPTIONS):
        plan = _as_scaled(plan, options)
    if not options.keys() & set(STEPPING_OPTIONS):
        return plan
    from lrplot.loop.stepping import STEPPED_PER, stepped

    per = _word(options, "stepped_per", STEPPED_PER) if "stepped_per" in options else ""
    times = _whole({"scheduler_steps_times": 1, **options}, "scheduler_steps_times", _Times)
    return stepped(plan, per, times)


def _as_scaled(plan: Plan, options: Mapping[str, Any]) -> Plan:
    from lrplot.loop.scaling import SCALES, scaled, with_kept_warmup

    rule = _word(options, "scale_lr", SCALES, needs="from_batch")
    batch = from_batch(options)
    found = scaled(plan, rule, batch)
    return found if "scale_warmup" in options else with_kept_warmup(found, batch)


def from_batch(options: Mapping[str, Any]) -> int:
    """Return the batch that the rate was tuned for; raise UsageError where it is not said."""
    if "scale_lr" not in options and "scale_warmup" in options:
        raise UsageError("--scale-warmup goes with --scale-lr and --from-batch", "add them")
    return _whole(options, "from_batch", Period, needs="scale_lr")


def _word(options: Mapping[str, Any], key: str, known: Iterable[str], needs: str = "") -> str:
    value = _given(options, key, needs)
    if value not in known:
        hint = suggest(str(value), known) or f"known: {', '.join(known)}"
        raise UsageError(f"{option(key)}: there is no '{value}'", hint)
    return str(value)


def _whole(options: Mapping[str, Any], key: str, kind: Any, needs: str = "") -> int:
    value = _given(options, key, needs)
    try:
        return int(
            check_value(key, kind, count_of(value, key) if isinstance(value, str) else value)
        )
    except (UnitError, ParameterError) as error:
        raise UsageError(f"{option(key)}: {error.problems[0].message}") from None


def _given(options: Mapping[str, Any], key: str, needs: str) -> Any:
    if key not in options:
        raise UsageError(f"{option(needs)} needs {option(key)}", f"add {option(key)}")
    return options[key]
