"""The options of commands that take a SOURCE: a schedule's own, and what every run has."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.messages import say_notes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.shell_completion import CompletionItem

    from lrplot.plan import Plan
    from lrplot.schedules.base import Field

__all__ = [
    "SourceCommand",
    "complete_source",
    "conventions_of",
    "load_plans",
    "notes_of",
    "print_notes",
    "source_argument",
]

_RUN = "Run options"


class _Option(click.Option):
    """An option that is shown under a heading of its own."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def complete_source(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete schedules by name; the shell completes files."""
    del ctx, param
    from click.shell_completion import CompletionItem

    from lrplot.schedules import by_name

    names = [name for name in by_name if name.startswith(incomplete)]
    return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


def _complete_framework(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    del ctx, param
    from click.shell_completion import CompletionItem

    from lrplot.frameworks import FRAMEWORKS

    return [CompletionItem(name) for name in FRAMEWORKS if name.startswith(incomplete)]


source_argument = click.argument(
    "sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=complete_source
)


class SourceCommand(click.Command):
    """A command whose options depend on the schedules that its arguments name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note which schedules are named, then parse.

        Where none is, every schedule's options are known, so that they can override a file: but
        only if there is an option that is none of the command's, as making them all takes time.
        """
        from lrplot.schedules import by_name

        ctx.meta["lrplot.names"] = tuple(arg for arg in args if arg in by_name)
        own = {name for param in self.get_params(ctx) for name in param.opts}
        foreign = {arg.partition("=")[0] for arg in args if arg.startswith("--")} - own
        ctx.meta["lrplot.any"] = bool(foreign)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters, the run's, and the schedules'."""
        names = ctx.meta.get("lrplot.names", ())
        schedules = _schedule_options(names) if names or ctx.meta.get("lrplot.any") else []
        return [*super().get_params(ctx), *_run_options(), *schedules]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options under their headings; a schedule's only where one is named."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            section = getattr(param, "section", "Options")
            if record and (section != _schedule_section(()) or ctx.meta.get("lrplot.names")):
                sections.setdefault(section, []).append(record)
        for section in sorted(sections, key=lambda title: (title == _RUN, title == "Options")):
            with formatter.section(section):
                formatter.write_dl(sections[section])
        if not ctx.meta.get("lrplot.names"):
            formatter.write_paragraph()
            formatter.write_text(f"`{ctx.command_path} NAME --help` shows a schedule's options.")


def _schedule_section(names: tuple[str, ...]) -> str:
    return f"Options of {', '.join(names)}" if names else "Schedule options"


@cache
def _run_options() -> list[click.Parameter]:
    def run(name: str, text: str, **more: Any) -> _Option:
        metavar, alias = more.pop("metavar", "N"), more.pop("alias", None)
        names = [name, alias, name[2:].replace("-", "_")] if alias else [name]
        return _Option(names, section=_RUN, help=text, metavar=metavar, multiple=True, **more)

    return [
        run("--base-lr", "The rate the optimizer holds.", metavar="RATE"),
        run("--max-iters", "Updates in the run (500, 160k, 12ep).", metavar="STEPS"),
        run("--max-epochs", "Epochs in the run, in place of --max-iters.", alias="--epochs"),
        run("--iters-per-epoch", "Updates in an epoch."),
        run("--warmup", "A linear warm-up in front of a schedule, this long.", metavar="STEPS"),
        run("--dataset-size", "Samples in an epoch."),
        run("--batch-size", "Samples in a batch, on each GPU."),
        run("--gpus", "GPUs that train together."),
        run("--accumulate", "Batches whose gradients make an update."),
        _Option(
            ["--drop-last/--keep-last"],
            section=_RUN,
            default=None,
            help="Whether the last partial batch of an epoch is left out.",
        ),
        run("--seq-len", "Tokens in a sample."),
        run("--scale-lr", "Scale the base rate to the batch (linear, sqrt).", metavar="RULE"),
        run("--from-batch", "The batch, over all GPUs, that the base rate was tuned for."),
        _Option(
            ["--scale-warmup"],
            section=_RUN,
            is_flag=True,
            default=None,
            help="Scale a warm-up's steps with it, to use as many samples.",
        ),
        run(
            "--stepped-per",
            "What the training loop steps the scheduler at (update, micro-batch, epoch): drawn "
            "beside what was meant.",
            metavar="WHAT",
        ),
        run("--scheduler-steps-times", "How many steps it takes each time."),
        _Option(
            ["--metrics"],
            section=_RUN,
            type=click.Path(),
            metavar="FILE",
            help="A metric series for plateau: a number per line, or CSV step,metric.",
        ),
        run("--optimizer", "Whose rate it is, where a config has several.", metavar="NAME"),
        run("--group", "A parameter group with a rate of its own (main, bias).", metavar="NAME"),
        _Option(
            ["--auto-scale-lr"],
            section=_RUN,
            is_flag=True,
            default=None,
            help="Scale the rate with the batch, as OpenMMLab's configs can.",
        ),
        _Option(
            ["--config-root"],
            section=_RUN,
            multiple=True,
            type=click.Path(),
            metavar="FOLDER",
            help="Where packages lie whose configs a Python config inherits from.",
        ),
        _Option(
            ["--from", "from_"],
            section=_RUN,
            metavar="FORMAT",
            help="The format of a file, where it could be several.",
        ),
        _Option(
            ["--as", "as_"],
            section=_RUN,
            multiple=True,
            metavar="FRAMEWORK",
            help="Whose call it is, or whose rules a schedule's name follows.",
            shell_complete=_complete_framework,
        ),
        _Option(
            ["--set"],
            section=_RUN,
            multiple=True,
            metavar="KEY=VALUE",
            help="Set any key of a file, as schedule.0.power=2.",
        ),
    ]


@cache
def _schedule_options(names: tuple[str, ...]) -> list[click.Parameter]:
    """Return an option for each plain field of the named schedules, of all where none is."""
    from lrplot.overrides import parameters

    fields = parameters(names) if names else parameters()
    return [_schedule_option(field, _schedule_section(names)) for field in fields.values()]


def _schedule_option(field: Field, section: str) -> _Option:
    from lrplot.errors import option

    text = f"{field.description}.  [{field.constraint()}]" if field.description else ""
    if field.type_is(bool):
        flags = f"{option(field.name)}/--no-{field.name.replace('_', '-')}"
        return _Option([flags], section=section, default=None, help=text)
    return _Option(
        [option(field.name)],
        section=section,
        multiple=True,
        metavar=field.metavar(),
        help=text,
        shell_complete=lambda _ctx, _param, start: [
            choice for choice in field.choices() if choice.startswith(start)
        ],
    )


def load_plans(sources: Iterable[str], given: dict[str, Any]) -> list[Plan]:
    """Return a plan for each source and each combination of the repeated options."""
    from lrplot.source import load_each

    return load_each(sources, given)


def print_notes(plans: Iterable[Plan], *, whole_run: bool = True) -> None:
    """Say on stderr, once each, what the reader should know; of the run's end where it is shown."""
    say_notes(notes_of(plans, whole_run=whole_run))


def conventions_of(plans: Iterable[Plan]) -> list[str]:
    """Return a note of whose rules the rates follow, where they are not the native ones."""
    found = dict.fromkeys(plan.convention for plan in plans)
    return [f"convention: {', '.join(found)}"] if found.keys() - {"native"} else []


def notes_of(plans: Iterable[Plan], *, whole_run: bool = True) -> list[str]:
    """Return what the reader should know, once each; of the run's end where it is shown."""
    return list(dict.fromkeys(text for plan in plans for text in _notes(plan, whole_run=whole_run)))


def _notes(plan: Plan, *, whole_run: bool) -> tuple[str, ...]:
    groups = tuple(
        f"{each.name} has a rate of its own: --group {each.name}" for each in plan.groups
    )
    if not (plan.open_end and whole_run):
        return (*plan.notes, *groups)
    return (*plan.notes, *groups, f"max_iters is not given; {plan.max_iters:,} steps are shown")
