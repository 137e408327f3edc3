from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

FAR = 10**12
RATE = {"type": "AdamW", "params": {"lr": 0.5}}


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="deepspeed", **{"base_lr": 1.0, "max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


# -- calls ----------------------------------------------------------------------------------------


def test_range_test_climbs_without_end() -> None:
    call = "LRRangeTest(optimizer, 0.1, 10, 2.0)"
    assert rates(call, 0, 5, 10, FAR) == pytest.approx([0.1, 0.2, 0.3, 0.1 * (1 + 2e11)])


def test_a_staircase_climbs_in_stairs() -> None:
    call = "LRRangeTest(optimizer, 0.1, 10, lr_range_test_staircase=True)"
    assert rates(call, 9, 10, 19, 20) == pytest.approx([0.1, 0.2, 0.2, 0.3])
    assert plan(call).schedule.knots(25) == (range(10, 26, 10),)


def test_warmup_starts_one_update_late() -> None:
    call = "WarmupLR(optimizer, 0.1, 0.5, 4, 'linear')"
    assert rates(call, 0, 1, 2, 3, 4, 5, FAR) == pytest.approx([0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5])


def test_a_logarithmic_warmup_is_complete_one_update_earlier() -> None:
    call = "WarmupLR(optimizer, 0, 1, 8)"
    assert rates(call, 1, 2, 4, 8, 9) == pytest.approx([0, math.log(2) / math.log(8), 2 / 3, 1, 1])


def test_any_other_word_for_the_warmup_is_logarithmic() -> None:
    wave = plan("WarmupLR(optimizer, warmup_num_steps=8, warmup_type='cosine')").schedule
    assert wave == plan("WarmupLR(optimizer, warmup_num_steps=8)").schedule


def test_without_a_peak_the_warmup_leads_to_the_optimizers_rate() -> None:
    call = "WarmupLR(optimizer, warmup_num_steps=4)"
    assert plan(call).schedule.uses_base()
    assert rates(call, 9, base_lr=0.3) == [0.3]


def test_a_warmup_of_one_step_takes_two() -> None:
    assert rates("WarmupLR(optimizer, 0, 1, 1, 'linear')", 1, 2, 3) == [0.0, 0.5, 1.0]


def test_decay_comes_to_nothing_one_update_past_the_end() -> None:
    call = "WarmupDecayLR(optimizer, 14, 0, 1.0, 4, 'linear')"
    assert rates(call, 5, 10, 14, 15, FAR) == pytest.approx([1.0, 0.5, 0.1, 0.0, 0.0])


def test_cosine_starts_from_nothing_and_ends_on_time() -> None:
    call = "WarmupCosineLR(optimizer, 14, 0.2, 4, 0.1, 'linear')"
    assert rates(call, 0, 1, 3, 14, FAR) == pytest.approx([0.0, 0.2, 0.6, 0.1, 0.1])


def test_one_cycle_goes_up_and_down_and_then_decays() -> None:
    call = "OneCycle(optimizer, 0.1, 0.5, 1.0, 4, 4, decay_step_size=2)"
    assert rates(call, 0, 2, 4, 8, 10, 12) == pytest.approx([0.1, 0.3, 0.5, 0.1, 0.05, 0.1 / 3])


def test_without_a_decay_the_cycle_ends_at_its_lowest() -> None:
    assert rates("OneCycle(optimizer, 0.1, 0.5, 1.0, 4)", 8, 9, FAR) == [0.1, 0.1, 0.1]


def test_stairs_of_a_cycle_keep_its_top() -> None:
    call = "OneCycle(optimizer, 0.0, 1.0, cycle_first_step_size=9, cycle_first_stair_count=3)"
    assert rates(call, 2, 3, 8, 9, 10) == pytest.approx([0, 1 / 3, 2 / 3, 1, 2 / 3])
    assert range(19) in plan(call).schedule.knots(18)


def test_the_momentum_jumps_after_update_0_and_goes_the_other_way() -> None:
    call = "OneCycle(optimizer, 0.1, 0.5, 0, 4, 4, decay_step_size=2, decay_mom_rate=0.1)"
    found = plan(call).of("momentum").lr([0, 1, 4, 8, 10]).tolist()
    assert found == pytest.approx([0.8, 0.875, 0.8, 0.9, 0.99])


def test_a_cycle_of_the_rate_alone_has_no_momentum() -> None:
    assert plan("OneCycle(optimizer, 0, 1, cycle_momentum=False)").schedule.momentum() is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("LRRangeTest(optimizer, lr_range_test_step_size=0)", "must be a whole number >= 1"),
        ("LRRangeTest(optimizer, lr_range_test_step_size=10.0)", "must be a whole number"),
        ("LRRangeTest(optimizer, [0.1, 0.2])", "one value, for one parameter group, got 2"),
        ("OneCycle(optimizer)", "needs 'cycle_min_lr'"),
        ("OneCycle(optimizer, 0, 1, cycle_first_step_size=0)", "cycle_first_step_size: must be"),
        ("OneCycle(optimizer, 0, 1, cycle_second_step_size=-1)", "cycle_second_step_size: must be"),
        ("WarmupLR(optimizer, warmup_num_steps=0)", "warmup_num_steps: must be a whole number"),
        ("WarmupLR(optimizer, 0, 0.1, 10, 'log', 5)", "last_batch_iteration: must be -1"),
        ("WarmupDecayLR(optimizer)", "needs 'total_num_steps'"),
    ],
)
def test_what_deepspeed_refuses_is_refused_in_words(call: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(call)
    assert said in str(caught.value)


# -- configs --------------------------------------------------------------------------------------


@pytest.fixture
def config(write: Callable[..., Path]) -> Callable[..., Path]:
    """Return a function that writes a ds_config.json with a scheduler."""

    def config(kind: str, params: Any, **more: Any) -> Path:
        top = {"optimizer": RATE, "scheduler": {"type": kind, "params": params}, **more}
        return write("ds_config.json", json.dumps(top, indent=2))

    return config


def test_a_config_gives_what_the_call_gives(config: Callable[..., Path]) -> None:
    params = {"warmup_max_lr": 0.1, "warmup_num_steps": 5}
    found = load(config("WarmupLR", params))
    call = plan("WarmupLR(optimizer, warmup_max_lr=0.1, warmup_num_steps=5)")
    assert found.schedule == call.schedule
    assert found.base_lr == 0.5
    assert found.convention == "deepspeed 0.19.8 WarmupLR"
    assert found.name == "ds_config"


def test_the_evidence_is_said(config: Callable[..., Path]) -> None:
    notes = load(config("WarmupLR", {})).notes
    assert notes[0] == ("read as a DeepSpeed config: it has scheduler.type WarmupLR and optimizer")


def test_the_optimizers_rate_is_the_base(config: Callable[..., Path]) -> None:
    path = config("WarmupCosineLR", {"total_num_steps": 50, "warmup_num_steps": 10})
    found = load(path)
    assert (found.base_lr, found.max_iters) == (0.5, 50)
    assert load(path, base_lr="0.2", max_iters="80").lr(11) < 0.2


def test_a_scheduler_of_torchs_is_taken_from_torch(config: Callable[..., Path]) -> None:
    found = load(config("StepLR", {"step_size": 3, "gamma": 0.5}), max_iters=9)
    assert found.lr([0, 3, 6]).tolist() == [0.5, 0.25, 0.125]
    assert found.convention == "torch 2.13 StepLR"


def test_comments_are_read_over(write: Callable[..., Path]) -> None:
    text = '{"scheduler": {"type": "WarmupLR", // ours\n "params": {"warmup_max_lr": 1e-3}}}'
    assert load(write("ds.json", text)).lr(5000) == 1e-3


AUTO = {
    "total_num_steps": "auto",
    "warmup_min_lr": "auto",
    "warmup_max_lr": "auto",
    "warmup_num_steps": 10,
}


def test_auto_is_filled_in_from_the_options(config: Callable[..., Path]) -> None:
    found = load(config("WarmupDecayLR", AUTO), base_lr=0.2, max_iters=50)
    assert found.schedule == plan("WarmupDecayLR(optimizer, 50, 0, 0.2, 10)").schedule


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"base_lr": 0.1}, "add --max-iters"),
        ({}, {"max_iters": 50}, "add --base-lr"),
        (
            {"warmup_num_steps": "auto"},
            {"base_lr": 0.1, "max_iters": 50},
            "add --set scheduler.params.warmup_num_steps=VALUE",
        ),
    ],
)
def test_auto_asks_for_its_option(
    config: Callable[..., Path], change: dict[str, str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(config("WarmupDecayLR", AUTO | change), **options)
    assert said in str(caught.value)
    assert "ds_config.json:" in str(caught.value)


def test_what_auto_stands_for_can_be_set(config: Callable[..., Path]) -> None:
    path = config("WarmupLR", {"warmup_max_lr": 0.1, "warmup_num_steps": "auto"})
    found = load(path, set=["scheduler.params.warmup_num_steps=7"])
    assert found.schedule == plan("WarmupLR(optimizer, 0, 0.1, 7)").schedule


def test_an_optimizer_whose_rate_is_auto_asks_for_it(config: Callable[..., Path]) -> None:
    path = config("WarmupLR", {}, optimizer={"params": {"lr": "auto"}})
    with pytest.raises(InputError, match=r"optimizer\.params\.lr") as caught:
        load(path)
    assert "add --base-lr" in str(caught.value)


def test_an_optimizers_rate_below_0_is_refused(config: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"optimizer.params.lr: must not be below 0"):
        load(config("WarmupLR", {}, optimizer={"params": {"lr": -1}}))


def test_a_schedule_with_rates_of_its_own_asks_for_none(config: Callable[..., Path]) -> None:
    path = config("WarmupLR", {"warmup_max_lr": 0.1}, optimizer={"params": {"lr": "auto"}})
    assert load(path).lr(10**6) == 0.1


@pytest.mark.parametrize(
    ("kind", "params", "said"),
    [
        ("WarmupLr", {}, "did you mean 'WarmupLR'?"),
        ("WarmupLR", {"warmup_steps": 5}, "scheduler.params.warmup_steps"),
        ("WarmupLR", {"warmup_num_steps": 0}, "scheduler.params.warmup_num_steps"),
        ("WarmupDecayLR", {}, "scheduler.params.total_num_steps: is missing"),
        ("WarmupLR", None, "scheduler.params: is missing"),
        ("WarmupLR", [1], "scheduler.params: must be a mapping"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_place(
    config: Callable[..., Path], kind: str, params: Any, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(config(kind, params))
    assert said in str(caught.value)
    assert "ds_config.json:" in str(caught.value)


def test_a_key_beside_type_and_params_is_refused(write: Callable[..., Path]) -> None:
    text = '{"fp16": {}, "scheduler": {"type": "WarmupLR",\n "params": {}, "warmup": 5}}'
    with pytest.raises(InputError, match=r"ds.json:2:\d+: scheduler.warmup: is not a key"):
        load(write("ds.json", text))


def test_a_config_without_a_rate_says_where_it_would_stand(write: Callable[..., Path]) -> None:
    text = '{"scheduler": {"type": "WarmupLR", "params": {}}}'
    with pytest.raises(InputError, match=r"optimizer\.params\.lr: is missing"):
        load(write("ds.json", text))


def test_a_config_without_a_scheduler_is_the_scripts_business(write: Callable[..., Path]) -> None:
    path = write("ds.json", '{"zero_optimization": {"stage": 2}}')
    with pytest.raises(InputError, match="scheduler: is missing"):
        load(path, from_="deepspeed")
