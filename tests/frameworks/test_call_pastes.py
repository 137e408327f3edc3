"""What people paste: several lines of a script, the scheduler among what it needs."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lrplot.errors import InputError, LrplotError
from lrplot.source import load

SGD = "optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)\n"


def said(text: str, **options: Any) -> str:
    """Return the complaint about a paste."""
    with pytest.raises(LrplotError) as error:
        load(text, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("total = 100\ns = PolynomialLR(optimizer, total)", "PolynomialLR(optimizer, 100)"),
        ("n: int = 5 * 4\nPolynomialLR(optimizer, n // 2)", "PolynomialLR(optimizer, 10)"),
        ("self.n = 20\ns = PolynomialLR(optimizer, self.n)", "PolynomialLR(optimizer, 20)"),
        ("a = b = 7\nPolynomialLR(optimizer, total_iters=b)", "PolynomialLR(optimizer, 7)"),
        ("n = 3\nn = n * n\nPolynomialLR(optimizer, n)", "PolynomialLR(optimizer, 9)"),
        ("c = {'n': 9}\nPolynomialLR(optimizer, c['n'])", "PolynomialLR(optimizer, 9)"),
        ("c = dict(n=[8, 9])\nm = c['n']\nPolynomialLR(o, m[1])", "PolynomialLR(o, 9)"),
        ("m = [1, 2]\nPolynomialLR(optimizer, len(m))", "PolynomialLR(optimizer, 2)"),
        ("n = 25\nPolynomialLR(optimizer, math.ceil(n / 4))", "PolynomialLR(optimizer, 7)"),
        ("m = [3, 6]\nMultiStepLR(optimizer, m, 0.5)", "MultiStepLR(optimizer, [3, 6], 0.5)"),
        (
            "n = 20\nlf = lambda x: (1 - x / n) * 0.9 + 0.1\nLambdaLR(optimizer, lr_lambda=lf)",
            "LambdaLR(optimizer, lambda x: (1 - x / 20) * 0.9 + 0.1)",
        ),
        (
            "f = [1, 0.5, 0.1]\nLambdaLR(optimizer, [lambda e: f[min(e // 5, 2)]])",
            "LambdaLR(optimizer, lambda e: [1, 0.5, 0.1][min(e // 5, 2)])",
        ),
        (
            "e = 2\nLambdaLR(optimizer, lambda e: 0.9 ** e)",
            "LambdaLR(optimizer, lambda e: 0.9 ** e)",
        ),
        (
            (
                "    warmup = LinearLR(optimizer, 0.1)  # first\n"
                "    cosine = CosineAnnealingLR(optimizer, T_max=15)\n\n"
                "    scheduler = SequentialLR(optimizer, [warmup, cosine], milestones=[5])\n"
            ),
            (
                "SequentialLR(optimizer, [LinearLR(optimizer, 0.1),"
                " CosineAnnealingLR(optimizer, 15)], [5])"
            ),
        ),
        (
            "criterion = nn.CrossEntropyLoss()\ns = PolynomialLR(optimizer, 9)\nbatch_size = 32",
            "PolynomialLR(optimizer, 9)",
        ),
        (
            "s = PolynomialLR(optimizer, 9)\ntrainer = Trainer(model, optimizers=(optimizer, s))",
            "PolynomialLR(optimizer, 9)",
        ),
        ("s = PolynomialLR(optimizer, 9)\ns", "PolynomialLR(optimizer, 9)"),
        ('{"scheduler": PolynomialLR(opt, 9), "interval": "step"}', "PolynomialLR(opt, 9)"),
    ],
)
def test_a_paste_of_several_lines_means_what_its_call_written_out_does(
    text: str, call: str
) -> None:
    found, wanted = load(text, base_lr=0.3), load(call, base_lr=0.3)
    assert found.lr(range(30)).tolist() == wanted.lr(range(30)).tolist()
    assert found.convention == wanted.convention


@pytest.mark.parametrize(
    "line",
    [
        SGD,
        "optimizer = SGD(model.parameters(), 0.5)\n",
        "lr = 0.5\noptimizer = AdamW(params=model.parameters(), lr=lr)\n",
        "model = Net()\noptimizer = SGD(model.parameters(), lr=1 / 2)\n",
    ],
)
def test_the_optimizers_line_says_the_base_rate(line: str) -> None:
    assert load(f"{line}s = ExponentialLR(optimizer, 0.5)").lr([0, 1]).tolist() == [0.5, 0.25]


def test_the_momentum_of_an_optimizers_line_is_what_a_scheduler_of_it_starts_from() -> None:
    call = "s = ConstantMomentum(optimizer, factor=0.5, end=9)"
    assert load(SGD + call, as_="mmengine").of("momentum").lr(0) == 0.45


def test_groups_with_rates_of_their_own_are_told_apart() -> None:
    groups = "optimizer = SGD([{'params': a, 'lr': 1e-3}, {'params': b}], lr=0.5)\n"
    plan = load(f"{groups}ExponentialLR(optimizer, 0.5)")
    assert plan.lr(0) == 0.5
    assert "parameter groups which have no lr of their own" in plan.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        (
            "s = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)\n"
            "optimizer = keras.optimizers.SGD(learning_rate=s)"
        ),
        (
            "optimizer = keras.optimizers.SGD(\n"
            "    learning_rate=tf.keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9))"
        ),
        (
            "s = optax.exponential_decay(0.5, 10, 0.9)\n"
            "tx = optax.chain(optax.clip(1.0), optax.adamw(learning_rate=s))"
        ),
        "s = optax.exponential_decay(0.5, 10, 0.9)\noptax.adam(s)",
        (
            "lr = paddle.optimizer.lr.LambdaDecay(0.5, lambda e: 0.9 ** (e / 10))\n"
            "sgd = paddle.optimizer.SGD(learning_rate=lr, parameters=net.parameters())"
        ),
    ],
)
def test_a_schedule_may_stand_in_the_optimizer_that_takes_it(text: str) -> None:
    assert load(text).lr(10) == pytest.approx(0.45)


def test_a_schedule_without_state_may_stand_twice() -> None:
    rise = "w = optax.linear_schedule(0.0, 1.0, 10)\n"
    assert load(f"{rise}s = optax.join_schedules([w, w], [10])").lr([5, 15]).tolist() == [0.5, 0.5]


def test_a_member_of_an_enumeration_is_its_name() -> None:
    call = "get_scheduler(name={}, optimizer=optimizer, num_warmup_steps=5, num_training_steps=50)"
    for member in ("SchedulerType.COSINE", "transformers.SchedulerType.COSINE"):
        plan = load(call.format(member), base_lr=1.0)
        assert plan.lr(20) == load(call.format("'cosine'"), base_lr=1.0).lr(20)
    assert "'SchedulerType.SINE' is known only" in said(call.format("SchedulerType.SINE"))


# -- stepped once an epoch ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"scheduler": ExponentialLR(optimizer, 0.5)}',
        '{"scheduler": ExponentialLR(optimizer, 0.5), "interval": "epoch", "frequency": 1}',
        '{"optimizer": optimizer, "lr_scheduler": ExponentialLR(optimizer, 0.5)}',
        'x = {"optimizer": optimizer, "lr_scheduler": {"scheduler": ExponentialLR(opt, 0.5)}}',
    ],
)
def test_lightning_steps_once_an_epoch_unless_told_otherwise(text: str) -> None:
    epochs = load(text, base_lr=1.0)
    assert epochs.in_epochs
    assert epochs.lr([0, 1]).tolist() == [1.0, 0.5]
    assert any("steps here are epochs" in note for note in epochs.notes)
    updates = load(text, base_lr=1.0, iters_per_epoch=10, max_epochs=3)
    assert updates.lr([9, 10]).tolist() == [1.0, 0.5]
    assert updates.max_iters == 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"scheduler": StepLR(opt, 3), "interval": "batch"}', "interval: must be step or epoch"),
        ('{"scheduler": StepLR(opt, 3), "frequency": 2}', "frequency: is read as 1 alone"),
        ('{"scheduler": StepLR(opt, 3), "intervall": "step"}', "did you mean 'interval'?"),
        ('{"scheduler": StepLR(opt, 3), "interval": how}', "must be step or epoch, got 'how'"),
    ],
)
def test_what_else_its_dict_says_is_refused(text: str, message: str) -> None:
    assert message in said(text, base_lr=1.0)


# -- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "epochs = 3\nOneCycleLR(optimizer, 0.1, total_steps=len(loader) * epochs)",
            "call:2:40: total_steps: 'len(loader)' is known only to the script",
        ),
        (
            "total = len(loader) * 3\nOneCycleLR(optimizer, 0.1, total_steps=total)",
            "call:1:9: total_steps: 'len(loader)' is known only to the script",
        ),
        ("OneCycleLR(optimizer, 0.1, args.n)", "or args.n = ... on a line before"),
        ("OneCycleLR(optimizer, cfg['lr'], 10)", "max_lr: 'cfg['lr']' is known only to the"),
        ("OneCycleLR(optimizer, 0.1, steps())", "total_steps: 'steps()' is known only to"),
        (f"{SGD}LambdaLR(optimizer, f)", "lr_lambda: 'f' is known only to the script"),
        (f"{SGD}LambdaLR(optimizer, lambda e: e / n)", "unknown name 'n'"),
        (
            "optimizer = SGD(model.parameters(), lr=args.lr)\nExponentialLR(optimizer, 0.5)",
            "call:2:1: ExponentialLR starts from the rate that the optimizer holds",
        ),
        (f"{SGD}s = ExponentialLRR(optimizer, 0.5)", "call:2:5: no scheduler is called"),
    ],
)
def test_what_the_paste_does_not_hold_is_asked_for(text: str, message: str) -> None:
    assert message in said(text)


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import torch\ns = StepLR(optimizer, 3)", "call:1:1: an import is not a call"),
        (f"{SGD}from torch import x\nStepLR(optimizer, 3)", "call:2:1: an import is not a call"),
        ("s = StepLR(o, 3)\nfor e in range(9):\n  s.step()", "call:2:1: a loop is not a call"),
        ("def f(e): return 1\nLambdaLR(optimizer, f)", "call:1:1: a function is not a call"),
        ("if x:\n  s = StepLR(optimizer, 3)", "call:1:1: an if is not a call"),
        ("s = StepLR(optimizer, 3)\ns.step()", "call:2:1: is no scheduler"),
        ("s.step()\ns = StepLR(optimizer, 3)", "call:2:1: is a second statement"),
        ("StepLR(o, 3)\nStepLR(o, 4)", "call:2:1: is a second statement"),
        ("a = StepLR(o, 3)\nb = StepLR(o, 4)", "call:1:5: is a second scheduler"),
        ("w = LinearLR(o)\nSequentialLR(o, [w, w], [5])", "call:1:5: LinearLR stands at two"),
        ("n = 2\nf = lambda e: n ** e\nn = 3\nLambdaLR(o, f)", "call:3:1: 'n' gets another value"),
        ("optimizer = 5\nStepLR(optimizer, 3)", "optimizer: is not an optimizer"),
        ("total = (1\n", "is not valid Python"),
        ("total = max(1, 2)\n", "call:1:9: is not a call"),
    ],
)
def test_what_is_no_such_paste_is_refused_by_kind_and_place(text: str, message: str) -> None:
    assert message in said(text, base_lr=1.0)


def test_schedulers_built_between_the_parts_of_another_are_refused() -> None:
    lines = (
        "a = LinearLR(o)\nc = StepLR(o, 3)\nb = StepLR(o, 2)\ns = SequentialLR(o, [a, b], [3])\n"
    )
    assert "is built between the parts" in said(f"{lines}ChainedScheduler([s, c])", base_lr=1.0)
    listed = "b = StepLR(o, 2)\na = LinearLR(o)\ns = [a, b]"
    assert "in another order than they are written in" in said(listed, as_="mmengine", base_lr=1.0)


@pytest.mark.parametrize(
    "text",
    [
        "a = [1, 1]\n" + "a = [a, a]\n" * 60 + "MultiStepLR(optimizer, a)",
        "a = [1]\n" + "a = [a]\n" * 4000 + "MultiStepLR(optimizer, a)",
        "a = [" + "1," * 5000 + "]\n" + "b = [a]\n" * 5000 + "MultiStepLR(optimizer, a)",
        "x = 2\n" + "x = x * x\n" * 2000 + "StepLR(optimizer, x)",
        "s = StepLR(optimizer, 3)\n" + "s = ChainedScheduler([s])\n" * 2000,
        "x = 9**9**9\nStepLR(optimizer, x)",
        "k = 1\nLambdaLR(optimizer, lambda e: " + "k + " * 3000 + "1)",
        "k = [" + "1," * 9000 + "]\nLambdaLR(optimizer, lambda e: " + "k[e] + " * 90 + "1)",
    ],
)
def test_what_would_grow_without_end_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InputError):
        load(text, base_lr=1.0).lr(1)
    assert time.perf_counter() - started < 1


def test_where_rates_and_momenta_are_scheduled_the_momentum_held_is_asked_for() -> None:
    call = "[LinearLR(optimizer, 0.5, end=9), LinearMomentum(optimizer, 0.5, end=9)]"
    with pytest.raises(InputError, match="nothing says which momentum the optimizer holds"):
        load(call, base_lr=0.1).of("momentum")
    assert load(f"{SGD}{call}").of("momentum").lr(0) == 0.45
