"""How many updates an epoch has: samples over devices, batches and accumulation, as a sum.

    117,266 samples / (8 GPUs x 2 per GPU) = 7,329.1 -> 7,330 iterations per epoch (last partial
    batch kept)

Trainers divide in different orders and round at different places. A `Rule` says how one does; its
`count` does the sum, and its `lines` write it out so that a person can check it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

__all__ = ["EACH_SHARE", "Division", "Loading", "Rule", "many"]


class Loading(NamedTuple):
    """What a trainer divides: the samples of an epoch, and by what."""

    dataset_size: int
    batch_size: int
    gpus: int = 1
    accumulate: int = 1
    drop_last: bool = False


class Division(msgspec.Struct, frozen=True):
    """One division of a trainer's sum.

    Attributes:
        by: what it divides by, as the fields of `Loading`: one of them, or their product.
        rounds: "up", "down", or "drop_last": down where the last partial batch is dropped, else up;
            "carried" where the rest of an epoch goes on into the next.
    """

    by: tuple[Literal["gpus", "batch_size", "accumulate"], ...]
    rounds: Literal["up", "down", "drop_last", "carried"] = "drop_last"

    def carries(self, count: int, by: int) -> bool:
        """Say whether dividing a count leaves a rest for the next epoch."""
        return self.rounds == "carried" and count % by > 0

    def is_down(self, loading: Loading) -> bool:
        """Say whether the rest is left out."""
        return self.rounds == "down" or (self.rounds == "drop_last" and loading.drop_last)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """How a trainer counts the updates of an epoch: its divisions, in their order.

    Attributes:
        name: whose rule it is.
        divisions: from the samples of an epoch to its updates.
        part_epochs: how the updates of a run are rounded where its epochs are no whole number;
            None where the trainer counts whole epochs only.
    """

    name: str
    divisions: tuple[Division, ...]
    part_epochs: Literal["up", "down", "nearest"] | None = None

    def count(self, loading: Loading) -> int | Fraction:
        """Return the updates in an epoch; 0 where the samples make none.

        It is no whole number where the rest of an epoch is carried into the next.
        """
        count = loading.dataset_size
        for division, given, made in self._sum(loading):
            by = _product(loading, division)
            if division.carries(given, by):
                from fractions import Fraction  # imported for those that need it

                return Fraction(given, by)
            count = made
        return count

    def batches(self, loading: Loading) -> int:
        """Return the batches in an epoch, on each GPU."""
        return int(self.count(loading._replace(accumulate=1)))

    def used(self, loading: Loading) -> int:
        """Return the samples that an epoch uses: all, but for those left out at its end."""
        together = loading.batch_size * loading.gpus
        updates = int(together * loading.accumulate * self.count(loading))
        dropped = any(
            each.is_down(loading) for each in self.divisions if each.by != ("accumulate",)
        )
        batches = together * self.batches(loading) if dropped else updates
        return min(updates, batches, loading.dataset_size)

    def lines(self, loading: Loading) -> tuple[str, ...]:
        """Return the sum, a division a line."""
        return tuple(
            _line(loading, division, given, made) for division, given, made in self._sum(loading)
        )

    def _sum(self, loading: Loading) -> Iterator[tuple[Division, int, int]]:
        """Yield each division that divides, what goes into it and what comes out."""
        left = loading.dataset_size
        for division in _joined(self.divisions, loading):
            by = _product(loading, division)
            made = left // by if division.is_down(loading) else -(-left // by)
            yield division, left, made
            left = made


EACH_SHARE = Rule(
    name="each device's share of the samples, rounded up, in batches",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",)),
        Division(("accumulate",), "up"),
    ),
    part_epochs="nearest",
)


def _joined(divisions: tuple[Division, ...], loading: Loading) -> list[Division]:
    """Join the divisions by GPUs and by batch where both round alike, and leave out those by one.

    Rounding once, after dividing by the product, is the same: ceil(ceil(a / b) / c) is
    ceil(a / (b c)), and so for the floor.
    """
    kept: list[Division] = []
    for division in divisions:
        if division.by == ("accumulate",) and loading.accumulate == 1:
            continue
        before = kept[-1] if kept else None
        if before and "accumulate" not in division.by and _alike(before, division, loading):
            by = tuple(name for name in ("gpus", "batch_size") if name in before.by + division.by)
            kept[-1] = msgspec.structs.replace(division, by=by)
        else:
            kept.append(division)
    return [each for each in kept if each.by != ("gpus",) or loading.gpus != 1]


def _alike(one: Division, other: Division, loading: Loading) -> bool:
    return loading.gpus == 1 or one.is_down(loading) == other.is_down(loading)


def _product(loading: Loading, division: Division) -> int:
    product = 1
    for name in division.by:
        product *= getattr(loading, name)
    return product


def _line(loading: Loading, division: Division, given: int, made: int) -> str:
    """Return one division: what is divided by what, what that makes, and how it was rounded."""
    by = _product(loading, division)
    what = "batch" if division.by == ("accumulate",) else "sample"
    divided = f"{many(given, what)} / {_words(loading, division)}"
    out = many(made, *_made(division, loading))
    if given == made * by:
        return f"{divided} = {out}"
    if division.carries(given, by):
        return f"{divided} = {given / by:,.10g} updates per epoch (the rest goes on into the next)"
    return f"{divided} = {_decimal(given, by)} -> {out} ({_rounded(division, loading)})"


def _decimal(given: int, by: int) -> str:
    """Return a quotient that is not whole with as many decimals as show that it is not."""
    texts = (f"{given / by:,.{places}f}" for places in range(1, 7))
    rest = f"{given // by:,} rest {given % by:,}"
    return next((text for text in texts if text.rstrip("0")[-1] != "."), rest)


def _words(loading: Loading, division: Division) -> str:
    words = {
        "gpus": f"{loading.gpus:,} GPUs",
        "batch_size": f"{loading.batch_size:,} {'per GPU' if loading.gpus > 1 else 'per batch'}",
        "accumulate": f"{loading.accumulate:,} accumulated",
    }
    named = [words[name] for name in division.by if getattr(loading, name) != 1 or name != "gpus"]
    return named[0] if len(named) == 1 else f"({' x '.join(named)})"


def _made(division: Division, loading: Loading) -> tuple[str, str]:
    if division.by == ("gpus",):
        return "sample", " per GPU"
    if "accumulate" in division.by:
        return "update", " per epoch"
    return ("batch" if loading.accumulate > 1 else "iteration"), " per epoch"


def many(count: float | Fraction, noun: str, of: str = "") -> str:
    """Return a count with its noun: 1 update, 7,330 updates, 1.5 epochs."""
    ending = "" if count == 1 else "es" if noun.endswith("tch") else "s"
    said = f"{count:,}" if isinstance(count, int) else f"{float(count):,.10g}"
    return f"{said} {noun}{ending}{of}"


def _rounded(division: Division, loading: Loading) -> str:
    if division.by == ("gpus",):
        return "the last share smaller" if division.is_down(loading) else "the shares made even"
    what = "accumulation" if division.by == ("accumulate",) else "batch"
    return f"last partial {what} {'dropped' if division.is_down(loading) else 'kept'}"
