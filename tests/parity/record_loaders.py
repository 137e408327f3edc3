"""Record how real trainers count batches and updates, as ground truth for lrplot's own sums.

    python record_loaders.py [-o FOLDER]

Over a grid of data sets, batches, processes and accumulation it builds the loader that each library
would use on the first of the processes and counts what comes out of it; of the trainers, it asks
their own estimate of the updates too. Where a library needs no second process to say what it does
with several (a sampler told of its replicas), it is told of them; torch, mmengine, paddle,
transformers, accelerate and lightning must be installed. The rows go to FOLDER/loaders.json.gz.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import itertools
import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from record import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

torch = importlib.import_module("torch")
data = importlib.import_module("torch.utils.data")

SIZES = (1, 7, 15, 16, 17, 33, 64, 100, 101)


class Loading(NamedTuple):
    """A data set and how it is loaded."""

    dataset_size: int
    batch_size: int
    gpus: int
    accumulate: int
    drop_last: bool
    epochs: int


def grid(gpus: tuple[int, ...], steps: tuple[int, ...]) -> Iterator[Loading]:
    """Yield every combination, a run of one epoch and of three by turns."""
    sized = itertools.product(SIZES, (1, 2, 3, 8), gpus, steps, (False, True))
    for row, epochs in zip(sized, itertools.cycle((1, 3, 1, 2, 5)), strict=False):
        yield Loading(*row, epochs)


class Samples(data.Dataset):  # type: ignore[name-defined,misc]
    """A data set of a size."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return {"x": torch.zeros(1), "labels": torch.zeros(1)}


class Model(torch.nn.Module):  # type: ignore[name-defined,misc]
    """The least model that a trainer trains."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: Any, labels: Any = None) -> Any:
        found = self.layer(x)
        return {"loss": ((found - labels) ** 2).mean(), "logits": found}


# -- torch: DistributedSampler and DataLoader, which know of no accumulation -----------------------


def _sampled(row: Loading) -> Any:
    dataset = Samples(row.dataset_size)
    sampler = data.distributed.DistributedSampler(dataset, num_replicas=row.gpus, rank=0)
    return data.DataLoader(
        dataset, batch_size=row.batch_size, sampler=sampler, drop_last=row.drop_last
    )


def of_torch(row: Loading) -> dict[str, int]:
    return {"batches": sum(1 for _ in _sampled(row))}


# -- mmengine: DefaultSampler, in the loader that its Runner builds --------------------------------


def of_mmengine(row: Loading) -> dict[str, int]:
    runner = importlib.import_module("mmengine.runner").Runner
    sampler: Any = importlib.import_module("mmengine.dataset.sampler")
    sampler.get_dist_info = lambda: (0, row.gpus)
    config = {
        "dataset": Samples(row.dataset_size),
        "batch_size": row.batch_size,
        "num_workers": 0,
        "drop_last": row.drop_last,
        "sampler": {"type": "DefaultSampler", "shuffle": False, "seed": 0},
    }
    return {"batches": sum(1 for _ in runner.build_dataloader(config))}


# -- paddle: DistributedBatchSampler ---------------------------------------------------------------


def of_paddle(row: Loading) -> dict[str, int]:
    io = importlib.import_module("paddle.io")

    class Counted(io.Dataset):  # type: ignore[name-defined,misc]
        def __len__(self) -> int:
            return row.dataset_size

        def __getitem__(self, index: int) -> int:
            return index

    sampler = io.DistributedBatchSampler(
        Counted(), row.batch_size, num_replicas=row.gpus, rank=0, drop_last=row.drop_last
    )
    return {"batches": sum(1 for _ in sampler)}


# -- transformers: the Trainer's loader, sharded as accelerate does it, and its own sums -----------


def _trainer(row: Loading, folder: str) -> Any:
    transformers = importlib.import_module("transformers")
    arguments = transformers.TrainingArguments(
        output_dir=folder,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        logging_strategy="no",
        per_device_train_batch_size=row.batch_size,
        gradient_accumulation_steps=row.accumulate,
        dataloader_drop_last=row.drop_last,
        num_train_epochs=row.epochs,
    )
    dataset = Samples(row.dataset_size)
    return transformers.Trainer(model=Model(), args=arguments, train_dataset=dataset)


def of_transformers(row: Loading) -> dict[str, int]:
    sharded = importlib.import_module("accelerate.data_loader").prepare_data_loader
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(row, folder)
        whole = data.DataLoader(
            Samples(row.dataset_size), batch_size=row.batch_size, drop_last=row.drop_last
        )
        loader = sharded(whole, num_processes=row.gpus, process_index=0, put_on_device=False)
        if len(loader) == 0:  # the Trainer refuses to train on it
            return {"batches": 0}
        found = trainer.set_initial_training_values(trainer.args, loader)
        counted = {"batches": sum(1 for _ in loader), "updates": found[-1]}
        if row.gpus == 1:
            trainer.train()
            counted["made"] = trainer.state.global_step
    return counted


# -- accelerate: how often a prepared scheduler is stepped -----------------------------------------


def of_accelerate(row: Loading) -> dict[str, int]:
    """Count the steps of a prepared scheduler over the updates of a run."""
    accelerate = importlib.import_module("accelerate")
    state = importlib.import_module("accelerate.state")
    state.AcceleratorState._reset_state(reset_partial_state=True)
    state.GradientState._reset_state()
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=row.accumulate)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, float)
    loader = data.DataLoader(
        Samples(row.dataset_size), batch_size=row.batch_size, drop_last=row.drop_last
    )
    model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
    state.PartialState._shared_state["num_processes"] = row.gpus
    updates = 0
    for _ in range(row.epochs):
        for batch in loader:
            with accelerator.accumulate(model):
                accelerator.backward(model(**batch)["loss"])
                optimizer.step()
                updates += accelerator.sync_gradients
                scheduler.step()
                optimizer.zero_grad()
    state.PartialState._shared_state["num_processes"] = 1
    return {"updates": updates, "scheduler_steps": round(scheduler.get_last_lr()[0])}


# -- lightning: its estimate, and the updates that a fit makes -------------------------------------


def of_lightning(row: Loading) -> dict[str, int]:
    lightning = importlib.import_module("lightning")

    class Module(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = Model()
            self.estimate = 0

        def training_step(self, batch: Any, _index: int) -> Any:
            return self.model(**batch)["loss"]

        def configure_optimizers(self) -> Any:
            self.estimate = int(self.trainer.estimated_stepping_batches)
            return torch.optim.SGD(self.parameters(), lr=0.1)

    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=row.epochs,
        accumulate_grad_batches=row.accumulate,
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    module, loader = Module(), _sampled(row)
    trainer.fit(module, loader)
    return {"updates": module.estimate, "made": trainer.global_step}


_EACH = tuple(range(1, 9))
_ACCUMULATE = (1, 2, 3, 4, 5)
RECORDED: dict[str, tuple[Callable[[Loading], dict[str, int]], Iterator[Loading]]] = {
    "torch": (of_torch, grid(_EACH, (1,))),
    "mmengine": (of_mmengine, grid(_EACH, (1,))),
    "paddlepaddle": (of_paddle, grid(_EACH, (1,))),
    "transformers": (of_transformers, grid(_EACH, _ACCUMULATE)),
    "accelerate": (of_accelerate, grid((1, 2, 8), (1, 3))),
    "lightning": (of_lightning, grid((1, 2, 3, 8), (1, 2, 5))),
}


def rows(name: str) -> dict[str, Any]:
    """Return what one library counts over its grid."""
    count, loadings = RECORDED[name]
    counted = [{**row._asdict(), **count(row)} for row in loadings]
    version = importlib.metadata.version(name).partition("+")[0]
    return {"framework": name, "version": version, "rows": counted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "loaders")
    parser.add_argument("--framework", action="append", choices=RECORDED)
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in ("transformers", "accelerate", "lightning", "lightning.pytorch", "mmengine"):
        logging.getLogger(name).setLevel(logging.ERROR)
    wanted.output.mkdir(exist_ok=True)
    for name in wanted.framework or RECORDED:
        found = rows(name)
        write([found], wanted.output / f"{name}.json.gz")
        print(f"{name} {found['version']}: {len(found['rows'])} rows")


if __name__ == "__main__":
    main()
