from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

RUN = "learning_rate = 1.0\nmax_train_steps = 100\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads options beside 100 steps at a rate of 1."""

    def read(text: str, run: str = RUN, **options: Any) -> Plan:
        return load(write("c.toml", run + text), **options)

    return read


@pytest.mark.parametrize(
    ("text", "steps", "rates"),
    [
        ('"constant"', [0, 100], [1, 1]),
        ('"constant_with_warmup"\nlr_warmup_steps = 10', [0, 5, 10, 100], [0, 0.5, 1, 1]),
        ('"linear"\nlr_warmup_steps = 0.2', [10, 20, 60, 100], [0.5, 1, 0.5, 0]),
        ('"cosine"', [0, 50, 100], [1, 0.5, 0]),
        ('"cosine_with_restarts"\nlr_scheduler_num_cycles = 2', [0, 25, 50, 75], [1, 0.5, 1, 0.5]),
        ('"polynomial"\nlr_scheduler_power = 2.0', [0, 50, 100], [1, 0.25, 1e-7]),
        ('"inverse_sqrt"\nlr_warmup_steps = 4', [2, 4, 16], [0.5, 1, 0.5]),
        ('"cosine_with_min_lr"\nlr_scheduler_min_lr_ratio = 0.5', [0, 50, 100], [1, 0.75, 0.5]),
        ('"warmup_stable_decay"\nlr_decay_steps = 0.2', [0, 80, 90, 100], [1, 1, 0.5, 0]),
    ],
)
def test_each_scheduler_gets_what_the_script_hands_on(
    read: Callable[..., Plan], text: str, steps: list[int], rates: list[float]
) -> None:
    plan = read(f"lr_scheduler = {text}\n")
    assert plan.max_iters == 100
    assert plan.lr(steps).tolist() == pytest.approx(rates, rel=1e-6, abs=1e-12)


def test_tables_only_group_the_options(read: Callable[..., Plan]) -> None:
    text = '[a]\nlearning_rate = 1.0\nmax_train_steps = 10\n[b]\nlr_scheduler = "linear"\n'
    assert read(text, run="").lr([0, 5, 10]).tolist() == [1, 0.5, 0]


def test_epochs_come_before_steps_and_need_their_length(read: Callable[..., Plan]) -> None:
    text = 'lr_scheduler = "linear"\nmax_train_epochs = 3\n'
    assert read(text, iters_per_epoch=10).max_iters == 30
    with pytest.raises(InputError, match="a run of 3 epochs needs --iters-per-epoch"):
        read(text)


def test_a_warm_up_in_steps_is_shared_by_the_gpus(read: Callable[..., Plan]) -> None:
    text = 'lr_scheduler = "constant_with_warmup"\nlr_warmup_steps = '
    assert read(f"{text}20\n", gpus=2).lr([5, 10]).tolist() == [0.5, 1]
    assert read(f"{text}0.2\n", gpus=2).lr([5, 20]).tolist() == [0.25, 1]


def test_defaults_and_other_rates_are_said(read: Callable[..., Plan]) -> None:
    plan = read('lr_scheduler = "cosine"\nlr_warmup_steps = 0\nunet_lr = 1e-4\n', run="")
    assert (plan.base_lr, plan.max_iters) == (2e-6, 1600)
    assert "max_train_steps 1600" in plan.notes[-1]
    assert plan.group("unet").lr(0) == 1e-4
    shown = read('lr_scheduler = "cosine"\nup_lr_weight = "0,1"\noptimizer_type = "Prodigy"')
    assert shown.notes[-2:] == (
        "the optimizer multiplies the rate by one that it estimates itself",
        "not shown: up_lr_weight",
    )


@pytest.mark.parametrize(
    ("text", "main", "groups"),
    [
        ("", 1, {}),
        ("unet_lr = 1.0\ntext_encoder_lr = 0.5", 1, {"text_encoder": 0.5}),
        ("unet_lr = 0.5\ntext_encoder_lr = [0.25, 0.75]", 1,
         {"unet": 0.5, "text_encoder1": 0.25, "text_encoder2": 0.75}),
        ("unet_lr = 0.5\ntext_encoder_lr = [0.25]", 1, {"unet": 0.5, "text_encoder": 0.25}),
        ("unet_lr = 0.5\ntext_encoder_lr = []\nnetwork_train_unet_only = true", 0.5, {}),
        ("network_train_text_encoder_only = true", 1, {}),
        ("unet_lr = 0.5\ntext_encoder_lr = 0", 0.5, {}),
    ],
)  # fmt: skip
def test_each_network_may_have_a_rate_of_its_own(
    read: Callable[..., Plan], text: str, main: float, groups: dict[str, float]
) -> None:
    plan = read(f'lr_scheduler = "linear"\n{text}\n')
    assert plan.lr([0, 50]).tolist() == [main, main / 2]
    assert {group.name: group.lr(0) for group in plan.groups} == groups
    alone = [note for note in plan.notes if "alone is trained" in note]
    assert bool(alone) == (main < 1 or "only" in text)


def test_adafactor_takes_the_rate_without_its_relative_step(read: Callable[..., Plan]) -> None:
    text = 'lr_scheduler = "linear"\noptimizer_type = "AdaFactor"\noptimizer_args = '
    assert read(f'{text}["scale_parameter=False", "relative_step=False"]\n').lr(50) == 0.5
    for args in ("[]", '["relative_step=True"]', '["relative_step=False", "warmup_init=True"]'):
        with pytest.raises(InputError, match="no scheduler counts"):
            read(f"{text}{args}\n")


# -- what the GUI saves -----------------------------------------------------------------------

GUI = {
    "LoRA_type": "Standard",
    "epoch": 4,
    "learning_rate": "1.0",
    "lr_scheduler": "linear",
    "lr_scheduler_args": "",
    "lr_scheduler_num_cycles": "",
    "lr_scheduler_power": "",
    "lr_scheduler_type": "",
    "lr_warmup": "0",
    "max_train_epochs": "",
    "max_train_steps": "100",
    "optimizer": "AdamW8bit",
    "optimizer_args": "",
    "text_encoder_lr": 0,
    "unet_lr": "",
}


@pytest.fixture
def saved(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads what the GUI saves of these settings and its defaults."""

    def saved(options: dict[str, Any] | None = None, /, **settings: Any) -> Plan:
        return load(write("c.json", json.dumps(GUI | settings)), **(options or {}))

    return saved


def test_the_gui_leaves_out_what_is_empty(saved: Callable[..., Plan]) -> None:
    plan = saved()
    assert plan.notes == ("read as a kohya_ss GUI config: it has lr_scheduler and lr_warmup",)
    assert (plan.max_iters, plan.groups, plan.lr([0, 50]).tolist()) == (100, (), [1, 0.5])


def test_the_guis_warm_up_is_in_percent(saved: Callable[..., Plan]) -> None:
    assert saved(lr_warmup=20).lr([10, 20, 60]).tolist() == [0.5, 1, 0.5]
    assert saved(lr_warmup=20, lr_warmup_steps=40).lr([20, 40]).tolist() == [0.5, 1]
    assert saved(lr_warmup=20, lr_warmup_steps=0).lr(10) == 0.5
    assert saved(lr_warmup=20, lr_scheduler="constant").lr(0) == 1


def test_the_guis_epochs_are_the_run_and_the_cycles(saved: Callable[..., Plan]) -> None:
    epochs = {"iters_per_epoch": 10}
    assert saved(epochs, max_train_steps="0").max_iters == 40
    assert saved(epochs, max_train_epochs=6).max_iters == 60
    assert saved(max_train_steps="", dataset_config="a.toml").max_iters == 1600
    restarts = saved(lr_scheduler="cosine_with_restarts")
    assert restarts.lr([0, 12, 13, 25, 50]).tolist() == pytest.approx(
        [1, 0.53, 0.47, 1, 1], abs=0.01
    )
    with pytest.raises(InputError, match="a run of 4 epochs needs --iters-per-epoch"):
        saved(max_train_steps="")


def test_a_constant_rate_needs_no_length(saved: Callable[..., Plan]) -> None:
    plan = saved(max_train_steps="", lr_scheduler="constant")
    assert (plan.open_end, plan.lr(10**6)) == (True, 1)


def test_the_guis_networks_without_a_rate_have_the_learning_rate(
    saved: Callable[..., Plan],
) -> None:
    alone = saved(unet_lr="5e-1")
    assert (alone.base_lr, alone.groups) == (0.5, ())
    both = saved(unet_lr=0.5, text_encoder_lr=0.25)
    assert {group.name: group.base_lr for group in both.groups} == {
        "unet": 0.5,
        "text_encoder": 0.25,
    }


def test_the_gui_writes_arguments_as_one_text(saved: Callable[..., Plan]) -> None:
    args = "scale_parameter=False relative_step=False warmup_init=False"
    assert saved(optimizer="Adafactor", optimizer_args=args).lr(50) == 0.5
    with pytest.raises(InputError, match="no scheduler counts"):
        saved(optimizer="Adafactor", lr_scheduler="adafactor")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lr_scheduler = "cosin"', "lr_scheduler: has no option 'cosin'"),
        ('lr_scheduler = "constant"\nlr_warmup_steps = 3', "lr_warmup_steps: must be 0"),
        ('lr_scheduler = "cosine"\nlr_scheduler_args = ["a=1"]', "lr_scheduler_args: is not read"),
        ('lr_scheduler = "cosine"\nlr_scheduler_cycles = 2', "lr_scheduler_cycles: is not a key"),
        ('lr_scheduler = "cosine_with_min_lr"', "lr_scheduler_min_lr_ratio: is missing"),
        ('lr_scheduler = "cosine"\noptimizer_type = "Adafactor"', "optimizer_type: is Adafactor"),
        ('lr_scheduler = "adafactor"', "lr_scheduler: has no option 'adafactor'"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{text}\n")
    assert said in str(caught.value)
