"""The command line: parse, call, render. The one place where errors are printed."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

import click

from lrplot import __version__
from lrplot.cli.at import at
from lrplot.cli.catalogue import list_, schema, show
from lrplot.cli.curve import curve
from lrplot.cli.explain import explain
from lrplot.cli.figures import figures
from lrplot.cli.messages import say
from lrplot.cli.table import table
from lrplot.errors import InputError, LrplotError, UsageError, Where

__all__ = ["cli"]

_NAME = "lrplot: "
_HINT = "  "


class _Refusal(click.ClickException):
    """An lrplot error as click knows errors: printed once, with its exit code."""

    exit_code = LrplotError.exit_code

    def __init__(self, error: LrplotError) -> None:
        super().__init__(str(error))

    def show(self, file: IO[Any] | None = None) -> None:
        del file
        for line in self.message.splitlines():
            hint = line.startswith(_HINT)
            say(line if hint else f"{_NAME}{line}", 2 * len(_HINT) if hint else len(_NAME))


class _UsageRefusal(_Refusal):
    exit_code = UsageError.exit_code


def _unwritten(error: OSError) -> InputError:
    """Say that stdout takes no more; what waits for it goes nowhere, as the exit would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return InputError(f"cannot be written: {error.strerror}", where=Where("standard output"))


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LrplotError as error:
            kind = _UsageRefusal if error.exit_code == UsageError.exit_code else _Refusal
            raise kind(error) from None
        except BrokenPipeError:  # whoever read it has seen enough
            raise
        except OSError as error:
            if error.filename is not None:
                raise
            raise _Refusal(_unwritten(error)) from None


_EPILOG = """\b
Examples:
  lrplot curve poly --power 0.9 --power 2
  lrplot at 500 config.yaml
  lrplot table step --step-size 30 --base-lr 0.5
  lrplot show poly
"""


@click.group(
    cls=_Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """What will my learning rate be?

    A schedule's name, or the file that describes it, to the rate at a step, a table or a figure.
    """


for command in (curve, figures, at, table, explain, list_, show, schema):
    cli.add_command(command)
