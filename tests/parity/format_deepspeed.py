"""DeepSpeed's JSON, given to deepspeed.initialize, whose engine makes and steps the scheduler."""

from __future__ import annotations

import importlib
import json
import logging
import os
from typing import TYPE_CHECKING, Any

from format_case import Config, File, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

os.environ |= {"DS_ACCELERATOR": "cpu", "RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29517"}
torch = importlib.import_module("torch")
deepspeed = importlib.import_module("deepspeed")
logging.getLogger("DeepSpeed").setLevel(logging.CRITICAL)

SOURCES = ("deepspeed", "torch")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Train a model of one weight under the file."""
    tree = json.loads(path.read_text())
    model = torch.nn.Linear(1, 1, bias=False)
    mine = torch.optim.SGD(model.parameters(), lr=options.get("base_lr", 0.001))
    engine, held, _, _ = deepspeed.initialize(
        model=model,
        optimizer=None if "optimizer" in tree else mine,
        model_parameters=model.parameters(),
        config=str(path),
    )
    for _ in range(options["max_iters"]):
        for _ in range(engine.gradient_accumulation_steps()):
            engine.backward(engine(torch.ones(1, 1)).sum())
            last = float(held.param_groups[0]["lr"])
            engine.step()
        yield last
    yield float(held.param_groups[0]["lr"])


# -- the files ----------------------------------------------------------------------------------

_SGD = '"optimizer": {"type": "SGD", "params": {"lr": 0.01}}, "train_batch_size": 1'


def _file(scheduler: str, most: int = 25, beside: str = _SGD, **options: Any) -> File:
    text = f'{{\n  {beside},\n  "scheduler": {scheduler}\n}}\n'
    return written(text, "ds_config.json", max_iters=most, **options)


WRITTEN = (
    _file(
        '{"type": "WarmupLR", "params": {"warmup_min_lr": 0, "warmup_max_lr": 0.001, '
        '"warmup_num_steps": 10}}'
    ),
    _file(
        '{"type": "WarmupLR", "params": {"warmup_min_lr": 1e-5, "warmup_max_lr": 0.001, '
        '"warmup_num_steps": 10, "warmup_type": "linear"}}',
        beside='"optimizer": {"type": "AdamW", "params": {"lr": 3e-5, "betas": [0.9, 0.95], '
        '"torch_adam": true}},\n  "train_micro_batch_size_per_gpu": 2,\n  '
        '"gradient_accumulation_steps": 3,\n  "gradient_clipping": 1.0,\n  '
        '"steps_per_print": 2000,\n  "wall_clock_breakdown": false',
    ),
    _file('{"type": "WarmupLR", "params": {}}'),
    _file('{"type": "WarmupLR", "params": {"warmup_num_steps": 1}}'),
    _file('{"type": "WarmupLR", "params": {"warmup_num_steps": 0, "warmup_type": "linear"}}'),
    _file(
        '{"type": "WarmupDecayLR", "params": {"total_num_steps": 25, "warmup_min_lr": 0, '
        '"warmup_max_lr": 3e-5, "warmup_num_steps": 5}}'
    ),
    _file(
        '{"type": "WarmupDecayLR", "params": {"total_num_steps": 20, "warmup_max_lr": 3e-5, '
        '"warmup_num_steps": 8, "warmup_type": "linear"}}'
    ),
    _file('{"type": "WarmupDecayLR", "params": {"total_num_steps": 6, "warmup_num_steps": 9}}'),
    _file(
        '{"type": "WarmupCosineLR", "params": {"total_num_steps": 25, "warmup_num_steps": 5, '
        '"warmup_min_ratio": 0.1, "cos_min_ratio": 0.01}}'
    ),
    _file(
        '{"type": "WarmupCosineLR", "params": {"total_num_steps": 18, "warmup_num_steps": 5, '
        '"warmup_type": "linear"}}'
    ),
    _file(
        '{"type": "OneCycle", "params": {"cycle_min_lr": 1e-4, "cycle_max_lr": 1e-2, '
        '"decay_lr_rate": 0.1, "cycle_first_step_size": 5, "cycle_second_step_size": 7, '
        '"decay_step_size": 3, "cycle_momentum": false}}'
    ),
    _file(
        '{"type": "OneCycle", "params": {"cycle_min_lr": 1e-4, "cycle_max_lr": 1e-2, '
        '"cycle_first_step_size": 4, "cycle_first_stair_count": 2}}',
        beside='"optimizer": {"type": "Adam", "params": {"lr": 1e-3, "torch_adam": true}}, '
        '"train_batch_size": 1',
    ),
    _file(
        '{"type": "LRRangeTest", "params": {"lr_range_test_min_lr": 1e-4, '
        '"lr_range_test_step_size": 4, "lr_range_test_step_rate": 2, '
        '"lr_range_test_staircase": true}}'
    ),
    _file('{"type": "LRRangeTest", "params": {"lr_range_test_step_size": 6}}'),
    _file('{"type": "StepLR", "params": {"step_size": 4, "gamma": 0.5}}'),
    _file(
        '{"type": "CosineAnnealingLR", "params": {"T_max": 20, "eta_min": 1e-5}}',
        beside='"train_batch_size": 1',
        base_lr=0.02,
    ),
    _file('{"type": "WarmupLR"}'),
    _file('{"type": "WarmupDecay", "params": {"total_num_steps": 9}}'),
    _file('{"type": "WarmupDecayLR", "params": {"warmup_num_steps": 9}}'),
    _file('{"type": "WarmupLR", "params": {"warmup_steps": 9}}'),
    _file('{"type": "WarmupLR", "params": {"warmup_type": "cosine"}}'),
)


def drawn(random: Random) -> File:
    """Return a config with one of DeepSpeed's own schedulers."""
    pick = random.choice
    warmup = {"warmup_num_steps": pick([2, 7, 15]), "warmup_type": pick(["log", "linear"])}
    rates_of = {"warmup_min_lr": pick([0, 1e-6]), "warmup_max_lr": pick([1e-3, 3e-5])}
    total = {"total_num_steps": pick([10, 20, 40])}
    ratios = {"warmup_min_ratio": pick([0.0, 0.01]), "cos_min_ratio": pick([0.0001, 0.1])}
    kinds: dict[str, Config] = {
        "WarmupLR": rates_of | warmup,
        "WarmupDecayLR": rates_of | warmup | total,
        "WarmupCosineLR": ratios | warmup | total,
        "OneCycle": {
            "cycle_min_lr": pick([1e-4, 0.001]),
            "cycle_max_lr": pick([0.01, 0.1]),
            "decay_lr_rate": pick([0.0, 0.5]),
            "cycle_first_step_size": pick([3, 6]),
            "decay_step_size": pick([0, 2]),
            "cycle_momentum": False,
        },
        "LRRangeTest": {
            "lr_range_test_min_lr": pick([1e-5, 1e-3]),
            "lr_range_test_step_size": pick([2, 10]),
            "lr_range_test_step_rate": pick([1.0, 5.0]),
            "lr_range_test_staircase": pick([True, False]),
        },
    }
    kind = pick(sorted(kinds))
    config = {
        "train_batch_size": 1,
        "optimizer": {"type": "SGD", "params": {"lr": pick([0.01, 0.001])}},
        "scheduler": {"type": kind, "params": kinds[kind]},
    }
    return File(json.dumps(config, indent=2), {"max_iters": 25}, "ds_config.json")
