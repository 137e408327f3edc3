"""LLaMA-Factory's files, read by its own parser's classes and trained by its own SFT trainer."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
import types
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from format_case import Config, File, text_of, written
from format_hf import arguments, trained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

SOURCES = ("llamafactory", "transformers", "torch")
if not version("transformers").startswith("4."):
    raise ImportError("it is recorded with transformers 4")

os.environ["DISABLE_VERSION_CHECK"] = "1"
_torchaudio = types.ModuleType("torchaudio")  # imported there, and not used to train text
_torchaudio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
sys.modules.setdefault("torchaudio", _torchaudio)

omegaconf = importlib.import_module("omegaconf")
transformers = importlib.import_module("transformers")
hparams = importlib.import_module("llamafactory.hparams")
sft = importlib.import_module("llamafactory.train.sft.trainer")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Read a file as its command line does, and train."""
    held = omegaconf.OmegaConf
    tree = held.to_container(held.load(path))
    parser = transformers.HfArgumentParser(
        [
            hparams.ModelArguments,
            hparams.DataArguments,
            hparams.TrainingArguments,
            hparams.FinetuningArguments,
            hparams.GeneratingArguments,
        ]
    )
    model, _, training, finetuning, _ = parser.parse_dict(tree)

    def trainer(**given: Any) -> Any:
        more = {"processor": None, "tokenizer": None, "model_args": model}
        return sft.CustomSeq2SeqTrainer(finetuning_args=finetuning, **more, **given)

    yield from trained(training, options, trainer)


# -- the files ----------------------------------------------------------------------------------

_TOP = """
        model_name_or_path: some/model
        stage: sft
        do_train: true
        finetuning_type: lora
        output_dir: out
"""


def _file(text: str, **options: Any) -> File:
    return written(_TOP + text, **options)


WRITTEN = (
    written(
        """
        ### model
        model_name_or_path: some/model
        trust_remote_code: true

        ### method
        stage: sft
        do_train: true
        finetuning_type: lora
        lora_rank: 8
        lora_target: all

        ### dataset
        dataset: identity,alpaca_en_demo
        template: llama3
        cutoff_len: 2048
        max_samples: 1000
        preprocessing_num_workers: 16

        ### output
        output_dir: saves/lora/sft
        logging_steps: 10
        save_steps: 500
        plot_loss: true

        ### train
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 8
        learning_rate: 1.0e-4
        num_train_epochs: 3.0
        lr_scheduler_type: cosine
        warmup_ratio: 0.1
        ddp_timeout: 180000000
        """,
        dataset_size=110,
        gpus=1,
    ),
    _file(
        """
        # OmegaConf reads it as a number
        learning_rate: 1e-4
        num_train_epochs: 2
        per_device_train_batch_size: 2
        gradient_accumulation_steps: 4
        """,
        dataset_size=75,
        gpus=1,
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: constant
        max_steps: 14
        """
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: warmup_stable_decay
        max_steps: 40
        warmup_ratio: 0.1
        """
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: warmup_stable_decay
        lr_scheduler_kwargs:
          num_decay_steps: 7
          min_lr_ratio: 0.1
        max_steps: 31
        warmup_steps: 2
        """
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: warmup_stable_decay
        lr_scheduler_kwargs: {num_stable_steps: 20, decay_type: linear}
        num_train_epochs: 2
        per_device_train_batch_size: 3
        """,
        dataset_size=50,
        gpus=1,
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: cosine_with_min_lr
        lr_scheduler_kwargs: '{"min_lr": 1e-6}'
        max_steps: 31
        warmup_steps: 20
        warmup_ratio: 0.9
        """
    ),
    _file(
        """
        learning_rate: 5.0e-6
        lr_scheduler_type: cosine
        lr_schedule_type: linear
        max_steps: 31
        """
    ),
)


def drawn(random: Random) -> File:
    """Return a file."""
    config, options = arguments(random, "warmup_ratio")
    top = {"model_name_or_path": "some/model", "stage": "sft", "finetuning_type": "lora"}
    return File(text_of(top | config), options)
