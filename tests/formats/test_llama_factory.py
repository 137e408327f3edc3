from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

LORA = "stage: sft\nfinetuning_type: lora\ntemplate: llama3\nlearning_rate: 1.0e-4\n"
V1 = "model: Qwen/Qwen3-4B\nmodel_class: llm\ntrain_dataset: data/demo.yaml\nmicro_batch_size: 1\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as train.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("train.yaml", text), **options)

    return read


def test_it_is_read_as_the_trainer_reads_it(read: Callable[..., Plan]) -> None:
    text = f"{LORA}lr_scheduler_type: cosine\nwarmup_ratio: 0.1\nnum_train_epochs: 3.0\n"
    plan = read(
        f"{text}per_device_train_batch_size: 1\ngradient_accumulation_steps: 8\n",
        dataset_size=20011,
        gpus=8,
    )
    call = load("get_cosine_schedule_with_warmup(optimizer, 94, 939)", base_lr=1e-4)
    assert (plan.schedule, plan.max_iters) == (call.schedule, 939)
    assert plan.notes[0] == "read as a LLaMA-Factory file: it has finetuning_type and stage"


def test_warmup_stable_decay_holds_for_a_third(read: Callable[..., Plan]) -> None:
    text = f"{LORA}lr_scheduler_type: warmup_stable_decay\nmax_steps: 100\nwarmup_steps: 10\n"
    wsd = "get_wsd_schedule(optimizer, 10, num_decay_steps={}, num_stable_steps={})"
    assert read(text).schedule == load(wsd.format(60, 30), base_lr=1).schedule
    more = "lr_scheduler_kwargs: {num_decay_steps: 20, min_lr_ratio: 0.1}\n"
    call = load(wsd.format(20, 30).replace(")", ", min_lr_ratio=0.1)"), base_lr=1)
    assert read(text + more).schedule == call.schedule


def test_the_length_of_a_warmup_stable_decay_is_asked_for(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="how many updates there are in 3 epochs"):
        read(f"{LORA}lr_scheduler_type: warmup_stable_decay\n")


def test_the_v1_engine_keeps_its_rate(read: Callable[..., Plan]) -> None:
    plan = read(f"{V1}learning_rate: 2e-5\nmax_steps: 10\n")
    assert plan.lr([0, 10]).tolist() == [2e-5, 2e-5]
    assert plan.max_iters == 10
    assert read(V1).base_lr == 1e-4
    assert read(V1).open_end
    assert read(V1, iters_per_epoch=7).max_iters == 21


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{V1}lr_scheduler_config: {{name: cosine}}\n", "lr_scheduler_config: names a scheduler"),
        (f"{V1}lr_scheduler_type: cosine\n", "lr_scheduler_type: is not a key"),
        (f"{V1}warmup_ratio: 0.1\n", "warmup_ratio: is not a key"),
        (f"{LORA}lr_scheduler_typ: cosine\n", "lr_scheduler_typ: is not a key"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, iters_per_epoch=10)
    assert said in str(caught.value)


def test_a_recipe_of_the_alignment_handbook_is_the_trainers_own(read: Callable[..., Plan]) -> None:
    plan = read(
        "model_name_or_path: mistralai/Mistral-7B-v0.1\n"
        "dataset_mixture: {datasets: [{id: x, weight: 1.0}]}\n"
        "learning_rate: 2.0e-05\nlr_scheduler_type: cosine_with_min_lr\n"
        "lr_scheduler_kwargs: {min_lr_rate: 0.1}\nmax_steps: -1\nnum_train_epochs: 5\n"
        "warmup_ratio: 0.03\n",
        iters_per_epoch=10,
    )
    name = "get_cosine_with_min_lr_schedule_with_warmup"
    call = load(f"{name}(optimizer, 2, 50, min_lr_rate=0.1)", base_lr=2e-5)
    assert plan.schedule == call.schedule
    assert plan.notes[0].startswith("read as a Hugging Face TrainingArguments file")
