"""Record what mmengine's Runner and mmcv 1.x's hooks make of random config files.

    pip install -r requirements.txt && pip install mmcv==1.7.2 --no-deps --no-build-isolation
    python record_openmmlab.py [--seed N] [--cases N] [-o FILE]     # renews openmmlab.json.gz

The same seed and frameworks give the same bytes. A case holds the file's text, the iterations of an
epoch, whose curve it is ("lr" or "momentum"), and the curve or the error that was raised instead.
"""

from __future__ import annotations

import argparse
import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import run_openmmlab
from draw import Draw
from record import write
from run_openmmlab import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = (1, 4, 11)
LIMIT = 4000

# -- mmcv 1.x -----------------------------------------------------------------------------------


def floor(d: Draw, *, wanted: bool = True) -> dict[str, Any]:
    """Draw a floor: a rate, a ratio, now and then both or none."""
    rate, ratio = {"min_lr": d.odd(d.rate(1e-6, 1e-3), 0)}, {"min_lr_ratio": d.between(0.01, 0.5)}
    drawn = d.odd(d.pick(rate, ratio), rate | ratio, {}, probability=0.04)
    return drawn if wanted else d.pick({}, rate)


def steps(d: Draw, n: int) -> dict[str, Any]:
    marks = d.milestones(n, most=3)
    drawn = d.pick(marks, marks, d.whole(1, n))
    return {"step": d.odd(drawn, marks[::-1], 0, probability=0.06)} | d.pick({}, {"gamma": 0.5})


def restarts(d: Draw, n: int) -> dict[str, Any]:
    periods = [d.whole(1, n) for _ in range(d.whole(1, 3))]
    periods[-1] += d.odd(max(0, n - sum(periods)), 0)
    weights = [1, *(d.between(0.2, 1) for _ in periods[1:])]
    return {"periods": periods, "restart_weights": weights} | floor(d)


def cycles(d: Draw, n: int) -> dict[str, Any]:
    del n
    return {
        "target_ratio": d.pick((10, 1e-4), (5.0,), (2, 0.1)),
        "cyclic_times": d.whole(1, 4),
        "step_ratio_up": d.odd(d.between(0.1, 0.9), 0.0),
    } | d.pick({}, {"anneal_strategy": "linear", "gamma": 0.7})


def one_cycle(d: Draw, n: int) -> dict[str, Any]:
    drawn: dict[str, Any] = {"max_lr": d.rate(), "pct_start": d.odd(d.between(0.1, 0.6), 1)}
    drawn |= d.pick({}, {"three_phase": True, "anneal_strategy": "linear", "div_factor": 10})
    return drawn | d.odd({}, {"total_steps": n * 12}, {"total_steps": 2})


POLICIES: dict[str, Callable[[Draw, int], dict[str, Any]]] = {
    "fixed": lambda _d, _n: {},
    "step": lambda d, n: steps(d, n) | d.pick({}, {"min_lr": d.rate(1e-4, 1e-2)}),
    "exp": lambda d, _: {"gamma": d.between(0.8, 0.999)},
    "poly": lambda d, _: d.pick({}, {"power": d.between(0.3, 3)}) | floor(d, wanted=False),
    "inv": lambda d, _: {"gamma": d.between(0.001, 0.1), "power": d.between(0.5, 2)},
    "CosineAnnealing": lambda d, _: floor(d),
    "FlatCosineAnnealing": lambda d, _: {"start_percent": d.odd(d.between(0, 0.9), 1)} | floor(d),
    "CosineRestart": restarts,
    "cyclic": cycles,
    "OneCycle": one_cycle,
    "LinearAnnealing": lambda d, _: floor(d),
}
MOMENTA: dict[str, Callable[[Draw, int], dict[str, Any]]] = {
    "step": steps,
    "CosineAnnealing": lambda d, _: {"min_momentum": d.between(0.1, 0.5)},
    "LinearAnnealing": lambda d, _: {"min_momentum_ratio": d.between(0.1, 0.9)},
    "cyclic": lambda d, _: d.pick({}, {"cyclic_times": 2}),
    "OneCycle": lambda d, _: d.pick({}, {"three_phase": True, "pct_start": 0.4}),
}


def warmup(d: Draw, *, momentum: bool, by_epoch: bool) -> dict[str, Any]:
    """Draw a warm-up, now and then by epochs, or of no whole length where the hook fails."""
    if d.chance(0.4):
        return {}
    drawn: dict[str, Any] = {"warmup": d.pick("constant", "linear", "exp")}
    drawn["warmup_iters"] = d.odd(d.whole(1, 30), 0, 0 if momentum else 7.5, probability=0.06)
    drawn |= d.pick({}, {"warmup_ratio": d.odd(d.between(0.001, 0.5), 0, 1.0)})
    if by_epoch and d.chance(0.3):
        drawn |= {"warmup_by_epoch": True, "warmup_iters": d.pick(1, 2, 0.5)}
    return drawn


def mmcv_config(d: Draw, epoch: int, *, momentum: bool) -> dict[str, Any]:
    """Draw a config of mmcv 1.x."""
    epochs = d.whole(2, 20)
    by_iteration = d.chance(0.4)
    length = epochs * epoch if by_iteration else epochs
    chosen = MOMENTA if momentum else POLICIES
    policy = d.pick(*chosen)
    hook = {"policy": policy} | chosen[policy](d, length)
    if policy not in {"cyclic", "OneCycle"}:
        hook |= d.pick({}, {}, {"by_epoch": d.chance(0.5)})
    hook |= warmup(d, momentum=momentum, by_epoch=not by_iteration and not momentum)
    key = "max_iters" if by_iteration else "max_epochs"
    runner = {"type": f"{'Iter' if by_iteration else 'Epoch'}BasedRunner", key: length}
    total = {"total_iters" if by_iteration else "total_epochs": length}
    return {
        "optimizer": {"type": "SGD", "lr": d.rate(1e-3), "momentum": 0.9},
        "momentum_config" if momentum else "lr_config": hook,
        **d.pick({"runner": runner}, {"runner": runner}, total),
    }


# -- mmengine -----------------------------------------------------------------------------------


def kinds(d: Draw, n: int) -> dict[str, Any]:
    """Draw a scheduler of mmengine's and its own parameters."""
    eta = d.pick({"eta_min": d.rate(1e-6, 1e-3)}, {"eta_min_ratio": d.between(0.01, 0.3)})
    drawn: tuple[dict[str, Any], ...] = (
        {"type": "LinearLR"} | d.pick({}, {"start_factor": d.rate(1e-4, 0.9)}),
        {"type": "MultiStepLR", "milestones": d.milestones(n, most=3)},
        {"type": "StepLR", "step_size": d.whole(1, n), "gamma": d.between(0.1, 0.9)},
        {"type": "ConstantLR"} | d.pick({}, {"factor": d.between(0.1, 1.0)}),
        {"type": "ExponentialLR", "gamma": d.between(0.9, 0.999, 3)},
        {"type": "PolyLR", "power": d.between(0.3, 3)}
        | d.pick({}, {"eta_min": d.rate(1e-6, 1e-3)}),
        {"type": "CosineAnnealingLR"} | eta | d.pick({}, {"T_max": d.whole(1, n)}),
        {"type": "CosineRestartLR", "periods": [n], "restart_weights": [1]} | eta,
    )
    return d.choice(drawn)


def scheduler(d: Draw, epochs: int, epoch: int, *, in_epochs: bool) -> dict[str, Any]:
    """Draw one dict of a param_scheduler, in epochs, in iterations, or from one to the other."""
    by_epoch = in_epochs and d.chance(0.6)
    n = epochs if by_epoch else epochs * epoch
    drawn = kinds(d, n) | ({} if by_epoch and d.chance(0.5) else {"by_epoch": by_epoch})
    if d.chance(0.7):
        begin = d.odd(0, d.whole(0, max(1, n // 2)), probability=0.4)
        drawn |= {"begin": begin, "end": begin + d.odd(d.whole(1, n), n + 5)}
    if by_epoch and d.chance(0.4):
        drawn["convert_to_iter_based"] = True
        if "end" in drawn and d.chance(0.3):
            drawn["end"] += 0.3
    return drawn


def mmengine_config(d: Draw, epoch: int) -> dict[str, Any]:
    """Draw a config of mmengine."""
    epochs, in_epochs = d.whole(2, 20), d.chance(0.7)
    loops = {"max_epochs": epochs} if in_epochs else {"max_iters": epochs * epoch}
    told: Any = {"type": f"{'Epoch' if in_epochs else 'Iter'}BasedTrainLoop"}
    told = d.pick(told, {"by_epoch": in_epochs})
    count = d.pick(0, 1, 1, 2, 2, 3)
    drawn = [scheduler(d, epochs, epoch, in_epochs=in_epochs) for _ in range(count)]
    return {
        "optim_wrapper": {"optimizer": {"type": "SGD", "lr": d.rate(1e-3), "momentum": 0.9}},
        "param_scheduler": drawn[0] if count == 1 and d.chance(0.3) else drawn,
        "train_cfg": told | loops,
    }


# -- cases --------------------------------------------------------------------------------------


def case(name: str, config: dict[str, Any], epoch: int, param: str) -> dict[str, Any]:
    """One record: the text, and what the framework makes of it."""
    text = "".join(f"{key} = {value!r}\n" for key, value in config.items())
    try:
        rates = run_openmmlab.curves(config, Setting(epoch=epoch, limit=LIMIT, param=param))[""]
        found: dict[str, Any] = {"lr": [float(rate).hex() for rate in rates]}
    except Exception as error:  # noqa: BLE001 - whatever the framework raises is the record
        found = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    return {"id": name, "text": text, "iters_per_epoch": epoch, "param": param, **found}


def cases(seed: int, count: int) -> list[dict[str, Any]]:
    """Draw and run the cases."""
    found = []
    for i in range(count):
        d = Draw(f"{seed}/openmmlab/{i}")
        epoch = d.pick(*EPOCH)
        which = ("mmengine", "mmcv", "mmcv", "mmcv-momentum")[i % 4]
        param = "momentum" if "momentum" in which else "lr"
        config = (
            mmengine_config(d, epoch)
            if which == "mmengine"
            else mmcv_config(d, epoch, momentum=param == "momentum")
        )
        found.append(case(f"{which}-{i}", config, epoch, param))
    return found


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=240)
    default = Path(__file__).parent / "openmmlab.json.gz"
    parser.add_argument("-o", "--output", type=Path, default=default)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    found = cases(given.seed, given.cases)
    write(found, given.output)
    errors = sum("error" in one for one in found)
    print(f"{len(found)} cases, {errors} of them errors, in {given.output}")


if __name__ == "__main__":
    main()
