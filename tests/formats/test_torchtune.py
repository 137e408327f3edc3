from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

OPTIMIZER = "optimizer: {_component_: torch.optim.AdamW, lr: 2e-5}\n"
COSINE = "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"
RECIPE = f"{OPTIMIZER}lr_scheduler: {{_component_: {COSINE}, num_warmup_steps: 10}}\nepochs: 2\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as recipe.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("recipe.yaml", text), **options)

    return read


def test_the_schedule_is_that_of_transformers(read: Callable[..., Plan]) -> None:
    plan = read(RECIPE, iters_per_epoch=50)
    call = load("get_cosine_schedule_with_warmup(optimizer, 10, 100)", base_lr=2e-5)
    assert (plan.schedule, plan.base_lr, plan.max_iters) == (call.schedule, 2e-5, 100)
    assert plan.convention == "torchtune 0.6 get_cosine_schedule_with_warmup"


@pytest.mark.parametrize(
    ("more", "options", "length"),
    [
        ("", {"iters_per_epoch": 50}, 100),
        ("max_steps_per_epoch: 20\n", {"iters_per_epoch": 50}, 40),
        ("max_steps_per_epoch: 200\n", {"iters_per_epoch": 50}, 100),
        ("max_steps_per_epoch: 20\n", {}, 40),
        ("max_steps_per_epoch: null\n", {"iters_per_epoch": 50}, 100),
        ("", {"max_iters": 70}, 70),
        ("", {"max_epochs": 3, "iters_per_epoch": 50}, 150),
        ("batch_size: 4\ngradient_accumulation_steps: 8\n", {"dataset_size": 1003, "gpus": 2}, 30),
    ],
)
def test_the_run_is_as_long_as_the_recipe_makes_it(
    read: Callable[..., Plan], more: str, options: dict[str, Any], length: int
) -> None:
    assert read(RECIPE + more, **options).max_iters == length


def test_a_bound_taken_for_the_epoch_is_said(read: Callable[..., Plan]) -> None:
    note = "an epoch is taken to have max_steps_per_epoch, 20, updates: it has no more"
    assert note in read(f"{RECIPE}max_steps_per_epoch: 20\n").notes


def test_without_a_scheduler_the_rate_stays(read: Callable[..., Plan]) -> None:
    plan = read(f"{OPTIMIZER}epochs: 1\n")
    assert plan.lr([0, 10**6]).tolist() == [2e-5, 2e-5]
    assert plan.open_end
    assert "there is no lr_scheduler, so the rate stays" in plan.notes


def test_links_are_followed(read: Callable[..., Plan]) -> None:
    text = RECIPE.replace("lr: 2e-5", "lr: '${my.rate}'") + "my: {rate: '3e-4'}\n"
    assert read(text, iters_per_epoch=50).base_lr == 3e-4


def test_another_frameworks_scheduler_is_called_with_the_length(
    read: Callable[..., Plan],
) -> None:
    name = "transformers.get_linear_schedule_with_warmup"
    plan = read(RECIPE.replace(COSINE, name), iters_per_epoch=50)
    call = load(f"{name}(optimizer, 10, 100)", base_lr=2e-5)
    assert plan.schedule == call.schedule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RECIPE.replace("lr: 2e-5", "lr: '${rate}'"), "optimizer.lr: ${rate} names no key"),
        (RECIPE.replace(", lr: 2e-5", ""), "optimizer.lr: is missing"),
        (RECIPE.replace("num_warmup_steps", "num_warm"), "lr_scheduler.num_warm: is not a key"),
        (RECIPE.replace("get_cosine", "get_linear"), "has no scheduler called 'get_linear_sch"),
        (
            RECIPE.replace(COSINE, "torch.optim.lr_scheduler.StepLR"),
            "StepLR has no parameter 'num_warmup_steps'",
        ),
        (
            RECIPE.replace(COSINE, "transformers.get_linear_schedule_with_warmup, last_epoch: 3"),
            "lr_scheduler.last_epoch: is what the recipe passes itself",
        ),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, iters_per_epoch=50)
    assert said in str(caught.value)


def test_the_length_of_an_epoch_is_asked_for(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(RECIPE)
