"""Optimizer.lr of PaddleClas and PaddleOCR: a scheduler of Paddle's, a warm-up around it.

Each project has classes of its own that turn epochs into steps. Most of them take any key and look
at those they know only; what they do not look at is said in the notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import suggest
from lrplot.formats._shared.places import numbers, placed

if TYPE_CHECKING:
    from lrplot.formats._shared.keys import Section
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["Recipe"]

_TRAINER_SETS = ("name", "epochs", "step_each_epoch")
_KEY_OF = {
    "T_max": "warmup_epoch",
    "decay_steps": "warmup_epoch",
    "warmup_steps": "warmup_epoch",
    "start_lr": "warmup_start_lr",
    "boundaries": "decay_epochs",
}


class Recipe:
    """What Optimizer.lr says, key by key, and what has been asked of it.

    Attributes:
        section: the mapping.
        name: what the scheduler is called, "" where it is not.
        epochs: how many epochs the run has.
        warmup: the steps of the warm-up.
        rate: the rate that the others are about, once it has been asked for.
        notes: what the reader of the curve should know.
    """

    def __init__(self, section: Section, epochs: int, given: Given) -> None:
        self.section, self.name = section, section.text("name", "")
        self.epochs, self.given = epochs, given
        self.asked: set[str] = set(_TRAINER_SETS)
        self.warmup, self.rate = 0, 0.0
        self.notes: list[str] = []

    @property
    def per_epoch(self) -> int:
        """Return the updates in an epoch."""
        return int(self.given.need("iters_per_epoch", f"{self.name}, which counts in updates,"))

    # -- keys ---------------------------------------------------------------------------------

    def number(self, key: str, *default: float) -> float:
        """Return a number."""
        self.asked.add(key)
        return float(self.section.number(key, *default))

    def peak(self, key: str = "learning_rate") -> float:
        """Return the rate that the others are about, or what --base-lr puts in its place."""
        base_lr = self.given.base_lr
        self.rate = self.number(key) if base_lr is None else base_lr
        self.asked.add(key)
        if self.rate < 0:
            raise self.section.wrong(key, f"must not be below 0, got {self.rate:g}")
        return self.rate

    def count(self, key: str, *default: Any, least: int = 0) -> Any:
        """Return a whole number, or the default, which may be None."""
        self.asked.add(key)
        return self.section.count(key, *default, least=least)

    def numbers(self, key: str) -> list[float]:
        """Return a list of numbers."""
        self.asked.add(key)
        return list(numbers(self.section, key))

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is not there."""
        self.asked.add(key)
        return bool(self.section.flag(key, default=False))

    def text(self, key: str, default: str) -> str:
        """Return a word."""
        self.asked.add(key)
        return str(self.section.text(key, default))

    def levels(self, key: str) -> list[float]:
        """Return a list of rates, which no --base-lr can stand in for."""
        if self.given.base_lr is not None:
            raise self.section.wrong(key, "holds the rates themselves: --base-lr sets none of them")
        values = [float(value) for value in self.numbers(key)]
        if not values or min(values) < 0:
            raise self.section.wrong(key, "must hold rates, none of them below 0")
        self.rate = values[0]
        return values

    def whole(self, key: str, steps: float) -> int:
        """Return a number of steps that a key makes, which Paddle only takes as an int."""
        node = self.section.get(key)
        if steps != int(steps) or (node is not None and isinstance(node.value, float)):
            message = f"makes {float(steps)} steps, which Paddle only takes as an int"
            raise self.section.wrong(key, message)
        return int(steps)

    # -- schedules ----------------------------------------------------------------------------

    def make(self, scheduler: str, **arguments: Any) -> Schedule:
        """Return one of Paddle's own schedulers; what it refuses is said at this section's keys."""
        from lrplot.frameworks import paddle

        with placed(self.section, _KEY_OF):
            schedule: Schedule = getattr(paddle, scheduler)(**arguments)
            return schedule

    def warmed(self, inner: Schedule, start: float = 0.0) -> Schedule:
        """Return a schedule with the warm-up around it, and as last_epoch leaves it."""
        whole = inner
        if self.warmup > 0:
            whole = self.make(
                "LinearWarmup",
                learning_rate=inner,
                warmup_steps=self.warmup,
                start_lr=start,
                end_lr=self.rate,
            )
        return self._advanced(whole)

    def _advanced(self, schedule: Schedule) -> Schedule:
        """Return the schedule as last_epoch leaves it: 0 has it stepped once at the start."""
        last = self.number("last_epoch", -1)
        if last == -1:
            return schedule
        if last != 0:
            message = "must be -1 or 0: a run is shown from its start"
            raise self.section.wrong("last_epoch", message)
        from lrplot.frameworks.paddle._lr_curves import Advanced

        self.notes.append("last_epoch: 0 has the scheduler one step ahead from the start")
        return Advanced(schedule=schedule, by=1)

    def ignored(self, project: str) -> list[str]:
        """Return a note for each key that the project's class takes and does not look at."""
        whose = f"{project}'s {self.name or 'constant rate'}"
        found = []
        for key in self.section:
            hint = suggest(key, self.asked - {key})
            if key not in self.asked:
                note = f"{self.section.join(key)} is not looked at by {whose}"
                found.append(f"{note} ({hint})" if hint else note)
        return found
