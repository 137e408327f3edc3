"""Spec files that are right, with the rates they give, and wrong ones, with what is said of them.

good/NAME.expected.json holds step: rate, worked out by hand. bad/NAME.expected holds the message;
`pytest tests/spec --renew` writes what is said now, to be reviewed.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import lrplot
from lrplot import spec
from lrplot.errors import InputError
from lrplot.schema import json_schema
from lrplot.syntax.documents import read_document
from lrplot.syntax.tree import Node, to_tree

HERE = Path(__file__).parent
FORMATS = (".yaml", ".json")


def cases(folder: str) -> list[str]:
    found = sorted(path for path in (HERE / folder).iterdir() if path.suffix in FORMATS)
    return [path.name for path in found if not path.name.endswith(".expected.json")]


GOOD, BAD = cases("good"), cases("bad")


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "good")


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "bad")


def plain(node: Node) -> Any:
    """Return a tree as the data an editor checks against the schema."""
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {str(key): plain(item) for key, item in node.value.items()}
    return node.value


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


# -- good -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_gives_the_rates_worked_out_by_hand(name: str) -> None:
    expected = json.loads(Path(name).with_suffix(".expected.json").read_text(encoding="utf-8"))

    plan = spec.read(read_document(name))

    found = {step: plan.lr(int(step)) for step in expected}
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read_the_same_by_load(name: str) -> None:
    plan = spec.read(read_document(name))

    loaded = lrplot.load(name)

    assert (loaded.schedule, loaded.base_lr) == (plan.schedule, plan.base_lr)
    assert (loaded.max_iters, loaded.iters_per_epoch) == (plan.max_iters, plan.iters_per_epoch)


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_plan_written_back_reads_as_the_same_plan(name: str, suffix: str, tmp_path: Path) -> None:
    plan = spec.read(read_document(name))
    written = spec.write(plan)
    text = json.dumps(written) if suffix == ".json" else yaml.safe_dump(written)
    path = tmp_path / f"again{suffix}"
    path.write_text(text, encoding="utf-8")

    again = spec.read(read_document(path))

    assert again.schedule == plan.schedule
    assert (again.base_lr, again.max_iters) == (plan.base_lr, plan.max_iters)
    assert (again.iters_per_epoch, again.name) == (plan.iters_per_epoch, plan.name)


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_and_what_is_written_back_satisfy_the_schema(name: str) -> None:
    tree = read_document(name)

    validator().validate(plain(tree))
    validator().validate(spec.write(spec.read(tree)))


# -- bad ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_these_words_and_at_once(
    name: str, request: pytest.FixtureRequest
) -> None:
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        spec.read(read_document(name))
    taken = time.process_time() - begun

    expected = Path(f"{name}.expected")
    said = f"{caught.value}\n"
    if request.config.getoption("--renew"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert taken < 5


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("name", BAD)
def test_every_problem_names_its_file(name: str) -> None:
    with pytest.raises(InputError) as caught:
        spec.read(read_document(name))

    assert all(problem.where and problem.where.source == name for problem in caught.value.problems)


# Wrong in what they hold or how they nest, which an editor can see; the rest are wrong in what
# their values mean together, or are no documents at all.
STRUCTURAL = [
    "empty_list.yaml",
    "empty_list_nested.yaml",
    "lists_all_wrong.yaml",
    "missing.yaml",
    "missing_nested.yaml",
    "needs_a_schedule.yaml",
    "no_schedule.yaml",
    "no_schedule_near.yaml",
    "no_type.yaml",
    "not_a_mapping.yaml",
    "just_text.yaml",
    "out_of_range.yaml",
    "schedule_is_a_number.yaml",
    "schedule_is_nothing.yaml",
    "schedules_not_a_list.yaml",
    "type_beside_a_name.yaml",
    "unknown_key.yaml",
    "unknown_key_nested.yaml",
    "unknown_schedule.yaml",
    "unknown_schedule_nested.yaml",
    "wrong_types.yaml",
]


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_file_of_the_wrong_structure_fails_the_schema(name: str) -> None:
    assert not validator().is_valid(plain(read_document(name)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", ["good", "nothing.yaml"])
@pytest.mark.usefixtures("monkeypatch")
def test_what_is_no_file_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)

    with pytest.raises(InputError, match=r"is a folder, not a file|no such file"):
        read_document(path)


# -- what no file can show ------------------------------------------------------------------------


def refused(document: dict[str, Any]) -> list[tuple[str, str]]:
    from lrplot.errors import Where

    with pytest.raises(InputError) as caught:
        spec.read(to_tree(document, Where("here")))
    return [(problem.key, problem.message) for problem in caught.value.problems]


def test_all_the_problems_of_a_file_are_told_once() -> None:
    found = refused({"schedule": "poly", "base_lr": -1, "max_iters": 0, "power": "x"})

    assert [key for key, _ in found] == ["max_iters", "base_lr", "power"]


def test_a_run_too_long_for_a_whole_number_of_steps_is_refused() -> None:
    found = refused(
        {"schedule": "constant", "base_lr": 1, "max_epochs": 2**40, "iters_per_epoch": 2**40}
    )

    assert found[0][0] == "max_epochs"


def test_a_schedule_that_would_show_itself_past_the_last_step_shows_itself_up_to_it() -> None:
    from lrplot.errors import Where

    document = {"schedule": "noam", "base_lr": 1, "d_model": 1, "warmup_steps": 2**53}

    assert spec.read(to_tree(document, Where("here"))).max_iters == 2**53
