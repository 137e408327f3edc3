"""Counts, per framework, how many of the replayed curves are equal to the last bit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TALLY = pytest.StashKey[Counter[tuple[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Counter()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Counter[tuple[str, str]]:
    """Return the counts, by framework and by what was counted."""
    return request.config.stash[TALLY]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    counts = terminalreporter.config.stash[TALLY]
    if not counts:
        return
    terminalreporter.section("recorded curves")
    for framework in dict.fromkeys(framework for framework, _ in counts):
        curves, equal = counts[framework, "curves"], counts[framework, "equal"]
        refused = counts[framework, "refused"]
        terminalreporter.write_line(
            f"{framework:12} {curves:4} curves agree, {equal} of them to the last bit; "
            f"{refused} refusals"
        )
