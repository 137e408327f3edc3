"""How long a run is that a config counts in epochs or in updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrplot.formats._shared.keys import Section
    from lrplot.plan import Given

__all__ = ["epochs_of", "updates_of"]


def epochs_of(section: Section, key: str, given: Given, default: int | None = None) -> int:
    """Return how many epochs a run has: --max-epochs, or what the config says."""
    if given.max_epochs is not None:
        return given.max_epochs
    if default is None and key not in section:
        given.need("max_epochs", f"a config without {section.join(key)}")
    return int(section.count(key, default, least=1))


def updates_of(section: Section, key: str, given: Given, default: int | None = None) -> int:
    """Return how many updates a run has that a config counts in updates."""
    if given.max_iters is not None:
        return given.max_iters
    if given.max_epochs is not None:
        given.need("iters_per_epoch", "--max-epochs")
    if default is None and key not in section:
        given.need("max_iters", f"a config without {section.join(key)}")
    return int(section.count(key, default, least=1))
