"""How a source was understood, as text a person reads."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import indent, wrap
from typing import TYPE_CHECKING

from lrplot import spec
from lrplot.accounting import many
from lrplot.render.numbers import rounded

if TYPE_CHECKING:
    from lrplot.plan import Plan
    from lrplot.schedules.base import Phase
    from lrplot.units import Horizon

__all__ = ["as_text", "as_yaml"]

_WIDTH = 80


def as_yaml(plan: Plan) -> str:
    """Return the plan as a native spec."""
    import yaml

    written = spec.write(plan)
    nested = any(isinstance(value, (dict, list)) for value in written.values())
    style = None if nested else False  # else all of it would stand on one line
    return str(yaml.safe_dump(written, sort_keys=False, default_flow_style=style))


def as_text(plan: Plan, before: Plan | None = None) -> str:
    """Return the convention, the run, the phases with their rates, and the notes.

    The sum of the run is left out where the plan before has the same.
    """
    counted = [] if before is not None and before.horizon == plan.horizon else _accounting(plan)
    lines = [
        plan.name,
        f"  convention  {plan.convention}",
        f"  base rate   {rounded(plan.base_lr)}",
        f"  run         {_run(plan)}",
        *counted,
        "",
        *_phases(plan),
    ]
    if plan.details:
        lines += ["", *(f"  {detail}" for detail in plan.details), ""]
    groups = (f"{each.name} has a rate of its own: --group {each.name}" for each in plan.groups)
    for note in (*plan.notes, *groups):
        lines += wrap(f"note: {note}", _WIDTH, initial_indent="  ", subsequent_indent="        ")
    return "\n".join(lines) + "\n"


def _run(plan: Plan) -> str:
    shown = " shown; max_iters is not given" if plan.open_end else ""
    if plan.in_epochs:
        return f"{plan.max_iters:,} epochs{shown}"
    epochs = ""
    if plan.iters_per_epoch:
        count, rest = divmod(plan.max_iters, plan.iters_per_epoch)
        part = plan.max_iters / plan.iters_per_epoch
        said = f"{part:.6g} epochs" if rest else many(count, "epoch")
        epochs = f" ({said} of {plan.iters_per_epoch:,})"
    return f"{many(plan.max_iters, 'update')}{epochs}{shown}"


def _accounting(plan: Plan) -> list[str]:
    """Return the sum from samples to updates, whose way it is, and how large an update is."""
    horizon, lines = plan.horizon, []
    if horizon.loading or (horizon.max_epochs or 1) % 1:
        for label, line in zip_longest(["counted"], horizon.derivation, fillvalue=""):
            lines += _labelled(label, line)
    if horizon.loading:
        lines += _labelled("by", horizon.rule.name)
    if horizon.samples_per_iter:
        lines += _labelled("an update", _update(horizon))
    return lines


def _labelled(label: str, text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=f"  {label:<12}", subsequent_indent=" " * 16)


def _update(horizon: Horizon) -> str:
    """Return what an update is made of: 512 samples (8 GPUs x 64), 1,048,576 tokens."""
    size = horizon.samples_per_iter or 0
    parts = [f"{horizon.gpus} GPUs"] * bool(horizon.gpus and horizon.gpus > 1)
    parts += [f"{horizon.batch_size:,} each"] if parts else []
    parts += [f"{horizon.accumulate} accumulated"] * bool((horizon.accumulate or 1) > 1)
    of = f" ({' x '.join(parts)})" if parts else ""
    tokens = f", {size * horizon.seq_len:,} tokens" if horizon.seq_len else ""
    return f"{size:,} samples{of}{tokens}"


def _phases(plan: Plan) -> list[str]:
    """Return a line per phase: its steps, and the rates of its first and last update."""
    rows = [("phase", "from", "to", "rate", "")]
    rows += [_phase(plan, phase) for phase in plan.phases]
    end = plan.max_iters
    rows.append(("end", f"{end:,}", "", rounded(plan.lr(end)), ""))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}{row[4]}"
        for row in rows
    ]
    return indent("\n".join(line.rstrip() for line in lines), "  ").splitlines()


def _phase(plan: Plan, phase: Phase) -> tuple[str, str, str, str, str]:
    first, last = plan.lr(phase.start), plan.lr(phase.end - 1)
    moves = "" if first == last else f" -> {rounded(last)}"
    return phase.name, f"{phase.start:,}", f"{phase.end - 1:,}", rounded(first), moves
