"""alignment-handbook's recipes: TrlParser reads them to an SFTConfig, over transformers 4."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from format_case import Config, File, text_of, written
from format_hf import arguments, trained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

trl = importlib.import_module("trl")

SOURCES = ("trl", "transformers", "torch")
if not version("transformers").startswith("4."):
    raise ImportError("its recipes are for transformers 4")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Read the recipe as the handbook's scripts do, and train."""
    parser = trl.TrlParser((trl.ScriptArguments, trl.SFTConfig, trl.ModelConfig))
    given = ["--config", str(path)]
    _, read, _, _ = parser.parse_args_and_config(given, return_remaining_strings=True)
    yield from trained(read, options)


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        # Model arguments
        model_name_or_path: some/model
        model_revision: main
        dtype: bfloat16
        attn_implementation: flash_attention_2

        # Data training arguments
        chat_template: "{% for message in messages %}{{ message }}{% endfor %}"
        dataset_name: some/data
        dataset_num_proc: 12

        # SFT trainer config
        bf16: false
        do_eval: false
        eval_strategy: "no"
        gradient_accumulation_steps: 4
        gradient_checkpointing: true
        gradient_checkpointing_kwargs:
          use_reentrant: false
        hub_model_id: some-sft
        hub_strategy: every_save
        learning_rate: 2.0e-05
        log_level: info
        logging_steps: 5
        logging_strategy: steps
        lr_scheduler_type: cosine_with_min_lr
        lr_scheduler_kwargs:
          min_lr_rate: 0.1
        max_length: 2048
        max_steps: -1
        num_train_epochs: 5
        output_dir: data/some-sft
        packing: false
        per_device_eval_batch_size: 16
        per_device_train_batch_size: 2
        push_to_hub: false
        report_to: []
        save_strategy: "no"
        seed: 42
        use_liger_kernel: false
        warmup_ratio: 0.03
        """,
        dataset_size=101,
        gpus=1,
    ),
    written(
        """
        # text to YAML, numbers to the parser
        bf16: false
        learning_rate: 2e-5
        lr_scheduler_type: cosine
        num_train_epochs: 1
        output_dir: out
        per_device_train_batch_size: 4
        gradient_accumulation_steps: 2
        warmup_ratio: 1e-1
        """,
        dataset_size=99,
        gpus=1,
    ),
    written(
        """
        # a warm-up in updates goes before one in parts
        bf16: false
        learning_rate: 5.0e-7
        lr_scheduler_type: inverse_sqrt
        max_steps: 33
        output_dir: out
        warmup_ratio: 0.5
        warmup_steps: 6
        """
    ),
    written(
        """
        bf16: false
        learning_rate: 5.0e-7
        lr_scheduler_type: linear
        max_steps: 21
        output_dir: out
        warmup_ratio: 0.1
        warmup_steps: 0
        """
    ),
    written(
        """
        # all of it a warm-up
        bf16: false
        learning_rate: 5.0e-7
        lr_scheduler_type: constant_with_warmup
        max_steps: 9
        output_dir: out
        warmup_ratio: 1.0
        """
    ),
    written(
        """
        # no kind, no warm-up
        bf16: false
        learning_rate: 1.0e-06
        num_train_epochs: 2.5
        output_dir: out
        per_device_train_batch_size: 3
        gradient_accumulation_steps: 2
        """,
        dataset_size=64,
        gpus=1,
    ),
    written(
        """
        bf16: false
        learning_rate: 1.0e-06
        lr_scheduler_type: linear
        max_steps: 10
        output_dir: out
        warmup_ratio: 1.5
        """
    ),
    written(
        """
        bf16: false
        learning_rate: 1.0e-06
        lr_scheduler_type: cosine_with_min_lr
        max_steps: 10
        output_dir: out
        """
    ),
)


def drawn(random: Random) -> File:
    """Return a recipe."""
    config, options = arguments(random, "warmup_ratio")
    return File(text_of({"model_name_or_path": "some/model", "bf16": False} | config), options)
