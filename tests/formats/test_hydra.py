from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

MODEL = """\
trainer: {max_epochs: 10}
model:
  _target_: src.Lit
  optimizer: {_target_: torch.optim.Adam, _partial_: true, lr: 1e-3}
  scheduler:
    _target_: torch.optim.lr_scheduler.CosineAnnealingLR
    _partial_: true
    T_max: ${trainer.max_epochs}
"""
LINEAR = (
    "s: {_target_: transformers.get_linear_schedule_with_warmup, num_warmup_steps: 3, "
    "num_training_steps: 9}\n"
)
OWN = (
    "steps are the scheduler's own: whether it is stepped at each update or each epoch is in the "
    "program's code"
)


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as config.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("config.yaml", text), **options)

    return read


def test_a_target_is_called_with_what_stands_beside_it(read: Callable[..., Plan]) -> None:
    plan = read(MODEL, max_iters=10)
    call = load("torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)", base_lr=1e-3)
    assert (plan.schedule, plan.base_lr) == (call.schedule, 1e-3)
    assert OWN in plan.notes


def test_schedulers_inside_a_scheduler_are_targets_too(read: Callable[..., Plan]) -> None:
    plan = read("""\
optimizer: {_target_: torch.optim.SGD, lr: 1.0}
lr_scheduler:
  _target_: torch.optim.lr_scheduler.SequentialLR
  schedulers:
  - {_target_: torch.optim.lr_scheduler.ConstantLR, factor: 0.1, total_iters: 2}
  - {_target_: torch.optim.lr_scheduler.ExponentialLR, gamma: '0.9'}
  milestones: [2]
""")
    assert plan.lr([0, 2, 3]).tolist() == pytest.approx([0.1, 1.0, 0.9])


def test_positional_arguments_are_passed(read: Callable[..., Plan]) -> None:
    text = "s: {_target_: torch.optim.lr_scheduler.StepLR, _args_: ['${o}', 3]}\n"
    plan = read(f"{text}o: ???\n", base_lr=1.0)
    assert plan.lr([2, 3]).tolist() == pytest.approx([1.0, 0.1])


@pytest.mark.parametrize("key", ["optimizer", "optim"])
def test_an_optimizer_need_not_be_a_target(read: Callable[..., Plan], key: str) -> None:
    step = "s: {_target_: torch.optim.lr_scheduler.StepLR, step_size: 3}\n"
    text = f"{key}: {{lr: 0.5, eps: 1}}\n{step}"
    assert read(text).base_lr == 0.5
    both = read(text + "other: {_target_: torch.optim.SGD, lr: 0.25}\n")
    assert both.base_lr == 0.25


def test_an_interval_beside_the_scheduler_is_followed(read: Callable[..., Plan]) -> None:
    text = """\
optim: {_target_: torch.optim.SGD, lr: 1.0}
sched:
  interval: epoch
  scheduler: {_target_: torch.optim.lr_scheduler.StepLR, step_size: 1}
"""
    plan = read(text, iters_per_epoch=5, max_epochs=3)
    assert plan.max_iters == 15
    assert plan.lr([4, 5, 10]).tolist() == pytest.approx([1.0, 0.1, 0.01])
    stepped = read(text.replace("epoch\n", "step\n"))
    assert stepped.lr([1, 2]).tolist() == pytest.approx([0.1, 0.01])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MODEL.replace("T_max", "T_maxx"), "config.yaml:8:13: torch 2.13 CosineAnnealingLR has no"),
        (MODEL.replace("CosineAnnealingLR", "NopeLR"), "no scheduler of torch 2.13 is called"),
        (MODEL + "other: {_target_: torch.optim.lr_scheduler.StepLR}\n", "has several schedulers"),
        (MODEL.replace("lr: 1e-3", "eps: 1"), "say which: --base-lr"),
        (
            "s: {_target_: src.schedulers.WarmupCosineLR, total_num_steps: 9}",
            "s._target_: src.schedulers.WarmupCosineLR is code of its own",
        ),
        (LINEAR.replace("9", "-1"), "add --set s.num_training_steps=N"),
        (LINEAR.replace("3", "0.1"), "add --set s.num_warmup_steps=N"),
        (MODEL.replace("trainer.max_epochs", "oc.env:T"), "is worked out only when the program"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert said in str(caught.value)
