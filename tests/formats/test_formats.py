from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lrplot import formats
from lrplot.errors import InputError, UsageError
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPEC = "schedule: poly\nbase_lr: 0.1\nmax_iters: 100\n"
TRAINER = "learning_rate: 0.1\nlr_scheduler_type: linear\nmax_steps: 10\n"


def found(text: str, wanted: str | None = None) -> str:
    reader, _ = formats.find(parse_document(text, "file.yaml"), wanted)
    return formats.NATIVE if reader is None else str(reader.NAME)


def test_every_format_says_what_it_is() -> None:
    for name in formats.FORMATS:
        module = formats.reader(name)
        assert module.NAME
        assert module.detect(parse_document("a: 1", "x")) is None
        assert module.detect(parse_document("[1]", "x")) is None
        assert module.detect(parse_document("word", "x")) is None


def test_a_file_is_told_by_its_keys() -> None:
    assert found(SPEC) == "native"
    assert found(TRAINER) == "hf"
    assert found('{"scheduler": {"type": "OneCycle", "params": {}}}') == "deepspeed"


@pytest.mark.parametrize(
    "text",
    [
        "learning_rate: 0.1",
        "max_steps: 10\noutput_dir: x",
        "scheduler: {type: cosine, params: {}}",
        "scheduler: cosine\nfp16: true",
        "scheduler: {name: WarmupLR}",
    ],
)
def test_a_key_that_others_have_too_is_no_evidence(text: str) -> None:
    with pytest.raises(InputError, match="in no format that lrplot knows") as caught:
        found(text)
    assert "a native spec names its schedule" in str(caught.value)
    assert "DeepSpeed" in str(caught.value)


@pytest.mark.parametrize("text", ["shedule: poly", "base_lr: 0.1", "[1, 2]", "{}"])
def test_what_is_nearly_native_gets_the_native_complaint(text: str) -> None:
    assert found(text) == "native"


def test_a_base_model_alone_is_not_axolotls() -> None:
    assert found(TRAINER + "base_model: x\n") == "hf"
    assert found("base_model: x\nnum_epochs: 1\nlearning_rate: 0.1\n") == "axolotl"


def test_a_file_that_could_be_two_things_lists_them() -> None:
    with pytest.raises(InputError) as caught:
        found(SPEC + TRAINER)
    assert "could be a Hugging Face" in str(caught.value)
    assert "or a native spec" in str(caught.value)
    assert "--from hf or --from native" in str(caught.value)


def test_from_settles_it(write: Callable[..., Path]) -> None:
    path = write("both.yaml", TRAINER + "schedule: poly\n")
    assert load(path, from_="hf").lr(5) == 0.05
    with pytest.raises(InputError, match="learning_rate"):
        load(path, from_="native")
    native = write("spec.yaml", SPEC)
    assert load(native, from_="native") == load(native)


def test_from_names_a_format_or_is_wrong_usage(write: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match="no format is called so") as caught:
        load(write("args.yaml", TRAINER), from_="deepsped")
    assert "did you mean 'deepspeed'?" in str(caught.value)
    with pytest.raises(UsageError, match="poly is none"):
        load("poly", from_="hf")
    with pytest.raises(UsageError, match="is none"):
        load("WarmupLR(optimizer)", from_="deepspeed")


def test_a_list_is_none_of_the_frameworks_formats(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="must be a mapping"):
        load(write("list.yaml", "[1, 2]"), from_="hf")


def test_a_schedules_own_option_does_not_go_with_a_frameworks_file(
    write: Callable[..., Path],
) -> None:
    with pytest.raises(UsageError, match="--power does not go with") as caught:
        load(write("args.yaml", TRAINER), power=2)
    assert "--set" in str(caught.value)
