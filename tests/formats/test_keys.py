from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats._shared.keys import Section, plain
from lrplot.syntax.documents import parse_document
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """\
optimizer:
  lr: '2e-5'
  steps: 1e3
  part: 0.5
  flag: yes
  name: SGD
  none: null
  list: [1, 2.5]
  words: [a]
  huge: HUGE
  none_is_one: [0.5, .nan]
  endless: [.inf]
""".replace("HUGE", f"1{'0' * 350}")

ODD = ("none_is_one", "endless")


def section() -> Section:
    return Section(parse_document(TEXT, "c.yaml")).section("optimizer")


@pytest.mark.parametrize(
    ("ask", "value"),
    [
        (lambda s: s.number("lr"), 2e-5),
        (lambda s: s.number("none", 3.0), 3.0),
        (lambda s: s.count("steps"), 1000),
        (lambda s: s.count("missing", 7), 7),
        (lambda s: s.flag("flag"), True),
        (lambda s: s.text("name"), "SGD"),
        (lambda s: s.text("lr"), "2e-5"),
        (lambda s: s.text("steps"), "1e3"),
        (lambda s: s.choice("name", ["SGD", "Adam"]), "SGD"),
        (lambda s: s.numbers("list"), (1, 2.5)),
        (lambda s: s.section("missing").entries, {}),
        (lambda s: "none" in s, False),
        (lambda s: s.first("missing", "lr", "steps"), "lr"),
        (lambda s: sorted(s.starting("s", "p")), ["part", "steps"]),
        (lambda s: plain(s.get("list")), [1, 2.5]),
    ],
)
def test_a_key_is_given_as_what_it_was_asked_for(ask: Callable[..., Any], value: Any) -> None:
    assert ask(section()) == value


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s: s.number("gamma"), "c.yaml:2:3: optimizer.gamma: is missing"),
        (lambda s: s.number("name"), "c.yaml:6:9: optimizer.name: must be a number, got 'SGD'"),
        (lambda s: s.number("flag"), "c.yaml:5:9: optimizer.flag: must be a number, got True"),
        (lambda s: s.count("part"), "optimizer.part: must be a whole number, got 0.5"),
        (lambda s: s.number("huge"), "optimizer.huge: must be a number, got 1000"),
        (lambda s: s.count("steps", least=2000), "optimizer.steps: must be at least 2000"),
        (lambda s: s.flag("name"), "optimizer.name: must be true or false, got 'SGD'"),
        (lambda s: s.text("list"), "optimizer.list: must be a word, got a list"),
        (lambda s: s.choice("name", ["sgd"]), "optimizer.name: has no option 'SGD'"),
        (lambda s: s.numbers("lr"), "optimizer.lr: must be a list, got '2e-5'"),
        (lambda s: s.numbers("words"), "optimizer.words: must hold numbers only, got 'a'"),
        (
            lambda s: s.numbers("none_is_one"),
            "optimizer.none_is_one: must hold numbers only, got nan",
        ),
        (lambda s: s.numbers("endless"), "optimizer.endless: must hold numbers only, got inf"),
        (lambda s: s.section("lr"), "optimizer.lr: must be a mapping"),
        (lambda s: s.refuse_others("lr"), "c.yaml:3:3: optimizer.steps: is not a key"),
    ],
)
def test_a_wrong_value_is_said_with_its_path_and_place(ask: Callable[..., Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(section())
    assert said in str(caught.value)


def test_keys_with_nothing_in_them_are_not_refused() -> None:
    section().refuse_others("lr", "steps", "part", "flag", "name", "list", "words", "huge", *ODD)


def test_what_only_running_would_tell_says_so() -> None:
    where = section().node.where
    unknown = Section(Node({"lr": Node(Unknown("a call of get_rate()"), where)}, where))
    with pytest.raises(InputError, match=r"lr: a call of get_rate\(\)"):
        unknown.number("lr")
