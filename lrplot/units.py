"""How long a run is in every unit, and from any unit to whole steps.

500  500it  1e3  160k  2M        steps, counted from 0
12ep  1.5ep                      epochs, where an epoch's length is known
1.28Msamples  300Btok            samples and tokens, where a batch's size is known
50%  end                         a part of the run, and its end
"""

from __future__ import annotations

from itertools import count, takewhile
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from lrplot.accounting import EACH_SHARE, Loading, Rule, many
from lrplot.durations import (
    LARGEST_STEP,
    UnitError,
    UnknownError,
    bounded,
    nearest,
    parsed,
    unit_of,
)
from lrplot.errors import ParameterError
from lrplot.schedules.base import check_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

__all__ = ["LENGTHS", "SIZES", "Epochs", "Horizon", "Position", "length_of"]

_MOST = 2**63 - 1  # beyond it nothing is counted

LENGTHS = ("max_iters", "max_epochs", "iters_per_epoch")
# What says how large an update is, and an epoch of them.
SIZES = ("dataset_size", "batch_size", "gpus", "accumulate", "drop_last", "seq_len")

_Count = Annotated[int, Meta(ge=1, le=LARGEST_STEP)]
Epochs = Annotated[float, Meta(gt=0, le=LARGEST_STEP)]


class Position(NamedTuple):
    """Where a step lies, in every unit that is known; None where one is not.

    Attributes:
        step: the updates before it.
        epoch: those in epochs.
        samples: the samples that they used.
        tokens: the tokens of those.
        percent: the part of the run that is behind it.
    """

    step: int
    epoch: float | None
    samples: int | None
    tokens: int | None
    percent: float | None


class Horizon(msgspec.Struct, frozen=True, kw_only=True):
    """How long a run is, and what an update and an epoch of it are: the sums between units.

        >>> run = Horizon(dataset_size=117_266, batch_size=2, gpus=8, max_epochs=12)
        >>> run.iters_per_epoch, run.max_iters, run.steps("8ep")
        (7330, 87960, 58640)

    What follows from the rest is worked out: `iters_per_epoch` from the sizes, `max_iters` from the
    epochs. A value that contradicts what follows raises ParameterError, saying both.

    Attributes:
        max_iters: updates in the run (T), >= 1.
        max_epochs: epochs in the run, > 0; a part of an epoch is rounded as the rule has it.
        iters_per_epoch: updates in an epoch, >= 1.
        dataset_size: samples in an epoch.
        batch_size: samples in a batch, on each GPU.
        gpus: GPUs that train together, each on batches of its own (1 unless said).
        accumulate: batches whose gradients make an update (1 unless said).
        drop_last: whether the last partial batch of an epoch is left out.
        seq_len: tokens in a sample.
        rule: in which order these divide, and how each quotient is rounded.
    """

    max_iters: int | None = None
    max_epochs: float | None = None
    iters_per_epoch: int | None = None
    dataset_size: int | None = None
    batch_size: int | None = None
    gpus: int | None = None
    accumulate: int | None = None
    drop_last: bool = False
    seq_len: int | None = None
    rule: Rule = EACH_SHARE

    def __post_init__(self) -> None:
        """Check each number, then work out what follows from them."""
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if value is not None and field.name not in ("rule", "drop_last"):
                kind = Epochs if field.name == "max_epochs" else _Count
                self._set(field.name, check_value(field.name, kind, value))
        self._set("drop_last", check_value("drop_last", bool, self.drop_last))
        if not isinstance(self.rule, Rule):
            raise ParameterError("rule", f"must be a Rule, got {self.rule!r}")
        if self.dataset_size and not (self.batch_size or self.iters_per_epoch):
            message = "needs batch_size: how many samples are in a batch"
            raise ParameterError("dataset_size", message, "add --batch-size N")
        if self.loading is not None:
            self._follows("iters_per_epoch", self._counted(self.loading))
        if self.max_epochs is not None and self.updates_per_epoch is not None:
            self._follows("max_iters", self._updates(self.max_epochs, self.updates_per_epoch))
        self._fits(self.max_iters or 1)

    def _fits(self, steps: int) -> None:
        """Refuse sizes whose samples or tokens no longer count exactly in 64 bits."""
        if steps * (self.samples_per_iter or 1) * (self.seq_len or 1) > _MOST:
            what = "tokens" if self.seq_len else "samples"
            raise ParameterError("batch_size", f"makes more than 2^63 {what} of {steps:,} updates")

    def lasting(self, max_iters: int, iters_per_epoch: int | None = None) -> Horizon:
        """Return the same run with another length; epochs that make another one are forgotten."""
        replace = msgspec.structs.replace
        epochs = self.max_epochs if max_iters == self.max_iters else None
        epoch = self.iters_per_epoch if iters_per_epoch is None else iters_per_epoch
        return replace(self, max_iters=max_iters, max_epochs=epochs, iters_per_epoch=epoch)

    def _set(self, name: str, value: Any) -> None:
        msgspec.structs.force_setattr(self, name, value)

    def _follows(self, name: str, value: int | Fraction) -> None:
        given = getattr(self, name)
        if given not in (None, value):
            said = f"is {given:,}, where {'; '.join(self.derivation)}"
            raise ParameterError(name, said, "leave one of them out")
        if value == int(value):
            self._set(name, check_value(name, _Count, int(value)))

    def _counted(self, loading: Loading) -> int | Fraction:
        count = self.rule.count(loading)
        if not count:
            said = f"makes no update in an epoch: {'; '.join(self.rule.lines(loading))}"
            raise ParameterError("dataset_size", said)
        return count

    @property
    def updates_per_epoch(self) -> int | Fraction | None:
        """Updates in an epoch, in a fraction where the rest of one is carried into the next."""
        if self.iters_per_epoch is not None or self.loading is None:
            return self.iters_per_epoch
        return self.rule.count(self.loading)

    def _updates(self, epochs: float, per_epoch: int | Fraction) -> int:
        """Return the updates of a run of epochs, refused where there is none, or too many."""
        updates = self._whole(epochs, per_epoch)
        if not 1 <= updates <= LARGEST_STEP:
            made = f"{many(epochs, 'epoch')} of {many(per_epoch, 'update')}"
            problem = "no update" if updates < 1 else "more than 2^53 updates"
            raise ParameterError("max_epochs", f"makes {problem}: {made}")
        return updates

    def _whole(self, epochs: float, per_epoch: int | Fraction) -> int:
        """Return the updates of a run of epochs, the last of them perhaps in part."""
        exact = self._of_epochs(epochs, per_epoch)
        rounds = self.rule.part_epochs
        if rounds is None and epochs % 1:
            message = f"is {epochs:g}, where {self.rule.name} counts whole epochs"
            raise ParameterError("max_epochs", message)
        return {"up": -int(-exact // 1), "down": int(exact // 1)}.get(rounds or "", nearest(exact))

    @staticmethod
    def _of_epochs(epochs: float, per_epoch: int | Fraction) -> Fraction:
        """Return the updates of epochs before they are rounded."""
        from fractions import Fraction

        return Fraction(str(epochs)) * per_epoch

    @property
    def loading(self) -> Loading | None:
        """What the updates of an epoch follow from, where all of it is known."""
        if self.dataset_size is None or self.batch_size is None:
            return None
        sizes = self.dataset_size, self.batch_size, self.gpus or 1, self.accumulate or 1
        return Loading(*sizes, self.drop_last)

    @property
    def derivation(self) -> tuple[str, ...]:
        """The sum from samples to updates, a line each, that a person can check."""
        lines = self.rule.lines(self.loading) if self.loading else ()
        per_epoch = self.updates_per_epoch
        if self.max_epochs is None or per_epoch is None:
            return lines
        updates = self._whole(self.max_epochs, per_epoch)
        start = "" if lines else f"{many(per_epoch, 'update', ' per epoch')} "
        exact = self._of_epochs(self.max_epochs, per_epoch)
        parts = "" if exact == updates else f"{float(exact):,.10g} -> "
        times = f"x {many(self.max_epochs, 'epoch')}"
        return (*lines, f"{start}{times} = {parts}{many(updates, 'update')}")

    @property
    def batches_per_epoch(self) -> int | None:
        """Batches in an epoch, on each GPU, where the sizes tell; several may make an update."""
        return None if self.loading is None else self.rule.batches(self.loading)

    @property
    def samples_per_iter(self) -> int | None:
        """Samples in an update, over all GPUs and the batches it accumulates."""
        if self.batch_size is None:
            return None
        return self.batch_size * (self.gpus or 1) * (self.accumulate or 1)

    # -- where a step lies ------------------------------------------------------------------------

    def position(self, step: int) -> Position:
        """Return where a step lies in every unit that is known.

        Raises ParameterError where it is no whole number >= 0, or too large for its samples.
        """
        found = {name: at.item() for name, at in self.positions(step).items()}
        return Position(step, *(found.get(name) for name in Position._fields[1:]))

    def positions(self, steps: Any) -> dict[str, Any]:
        """Return, by the names of Position, arrays of where steps lie; only what is known."""
        from lrplot._lazy import np

        steps = np.asarray(steps)
        if steps.dtype == object and all(isinstance(step, int) for step in steps.flat):
            raise ParameterError("steps", "must be below 2^63")
        if steps.size and (steps.dtype.kind not in "iu" or steps.min() < 0):
            raise ParameterError("steps", "must be whole numbers >= 0")
        self._fits(int(steps.max()) if steps.size else 1)
        steps = steps.astype(np.int64)
        known: dict[str, Any] = {}
        if self.updates_per_epoch is not None:
            known["epoch"] = steps / float(self.updates_per_epoch)
        if self.samples_per_iter is not None:
            known["samples"] = self._samples(steps, self.samples_per_iter)
            if self.seq_len is not None:
                known["tokens"] = known["samples"] * self.seq_len
        if self.max_iters is not None:
            known["percent"] = 100 * steps / self.max_iters
        return known

    def _samples(self, steps: Any, size: int) -> Any:
        """Return the samples used: the last batch of an epoch has what is left of them."""
        if self.loading is None:
            return steps * size
        from lrplot._lazy import np

        epoch, each = self.rule.used(self.loading), self.updates_per_epoch
        if isinstance(each, int):
            whole, part = np.divmod(steps, each)
            return whole * epoch + np.minimum(part * size, epoch)
        times = self.accumulate or 1
        whole, part = np.divmod(steps * times, self.rule.batches(self.loading))
        return whole * epoch + np.minimum(part * (size // times), epoch)

    # -- from a duration to steps -----------------------------------------------------------------

    def every(self, text: str, end: int) -> Sequence[int]:
        """Return the steps 0..end that lie so far apart; each is rounded by itself.

        Raises UnitError where the text is no duration, or one of less than a step.
        """
        exact, unit = self._exact(text), unit_of(text)
        if exact < 1:
            raise UnitError(f"'{text}' is less than a step")
        even = self.loading is None or not unit.startswith(("sample", "tok"))
        if even and exact.denominator == 1:
            return range(0, end + 1, min(int(exact), end + 1))
        number, _ = parsed(text)
        multiples = (nearest(self._of(times * number, unit, text)) for times in count())
        return list(takewhile(lambda step: step <= end, multiples))

    def steps(self, text: str | int) -> int:
        """Return the steps a duration stands for, a fraction rounded to the nearest (half up).

        Raises UnitError where the text is no duration, UnknownError where its unit needs what is
        not known.
        """
        text = str(text)
        if text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_STEP)):
            return int(text)  # what is asked for most needs no fractions, whose import takes time
        exact, unit = self._exact(text), unit_of(text)
        if unit.startswith("ep") and self.iters_per_epoch == 1:
            return bounded(int(exact // 1), text)  # a step is an epoch, and this lies in it
        return bounded(nearest(exact), text)

    def rounding(self, text: str | int) -> str:
        """Return a sentence where a duration falls between two steps, else an empty string."""
        text = str(text)
        if text.strip().isdigit():
            return ""
        exact = self._exact(text)
        if exact.denominator == 1:
            return ""
        if self.iters_per_epoch == 1 and unit_of(text).startswith("ep"):
            return f"{text.strip()} lies in epoch {self.steps(text):,}, and steps are epochs here"
        return f"{self._said(text)} is {float(exact):,.10g}: {nearest(exact):,}"

    def _said(self, text: str) -> str:
        """Return a duration with what it is a part or a multiple of."""
        unit, said = unit_of(text), text.strip()
        if unit == "%":
            return f"{said} of {self.max_iters:,} steps"
        if unit.startswith("ep"):
            return f"{said} of {many(self.updates_per_epoch or 1, 'step')} each"
        noun, each = ("token", self.seq_len or 1) if unit.startswith("tok") else ("sample", 1)
        a_step = f"{many((self.samples_per_iter or 1) * each, noun)} a step"
        samples = parsed(text)[0] / each
        if self.loading is None or samples < self.rule.used(self.loading):
            return f"{said} at {a_step}"
        epoch = many(self.rule.used(self.loading) * each, noun)
        steps = many(self.updates_per_epoch or 1, "step")
        return f"{said} at {epoch} in an epoch of {steps}, {a_step},"

    def _exact(self, text: str) -> Fraction:
        """Return the steps of a duration before they are rounded."""
        from fractions import Fraction

        if text.strip().lower() == "end":
            return Fraction(self._known("max_iters", "end"))
        return self._of(*parsed(text), text)

    def _of(self, number: Fraction, unit: str, text: str) -> Fraction:
        """Return the steps of so many of a unit; what is missing is missing for the text."""
        if unit == "%":
            return number * self._known("max_iters", text) / 100
        if unit.startswith("ep"):
            return number * self._known("updates_per_epoch", text)
        if unit.startswith("sample"):
            return self._of_samples(number, text)
        if unit.startswith("tok"):
            return self._of_samples(number / self._known("seq_len", text), text)
        if number.denominator != 1:
            raise UnitError(f"'{text}' is not a whole number of steps")
        return number

    def _of_samples(self, samples: Fraction, text: str) -> Fraction:
        """Return the steps that use so many samples: whole epochs, and the batches of the rest."""
        size = self._known("samples_per_iter", text)
        if self.loading is None or self.updates_per_epoch is None:
            return samples / size
        whole, rest = divmod(samples, self.rule.used(self.loading))
        return whole * self.updates_per_epoch + rest / size

    def _known(self, name: str, text: str) -> int | Fraction:
        value: int | Fraction | None = getattr(self, name)
        if value is None:
            what, hint = _NEEDED[name]
            raise UnknownError(f"'{text}' needs {what}", hint)
        return value


_NEEDED = {
    "max_iters": ("the length of the run", "give --max-iters (or max_iters: in the file)"),
    "updates_per_epoch": (
        "an epoch's length",
        "give --iters-per-epoch (or iters_per_epoch: in the file), or the sizes of data and batch",
    ),
    "samples_per_iter": ("the samples in an update", "give --batch-size, --gpus and --accumulate"),
    "seq_len": ("the tokens in a sample", "give --seq-len"),
}


def length_of(text: str, horizon: Horizon) -> int:
    """Return the steps of a run's length: any duration but a part of the run itself."""
    if text.strip().lower() == "end" or unit_of(text) == "%":
        message = f"'{text}' is a part of the run, whose length this is"
        raise UnitError(message, "write 160k or 12ep")
    return horizon.steps(text)
