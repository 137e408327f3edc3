"""What all the tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --renew: write recorded output anew instead of comparing with it."""
    parser.addoption("--renew", action="store_true", help="write recorded output anew")
