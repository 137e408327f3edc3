"""The native spec: a tree to a Plan, and a Plan back to plain data.

    schedule: poly            a name; its parameters stand beside it
    base_lr: 0.1
    max_iters: 1000
    power: 2

    schedule:                 or a list, one after another, each `steps` long (the last to the end)
      - {type: linear_warmup, warmup_steps: 100}
      - {type: poly, power: 2}

    schedule:                 or a mapping with a type: any schedule, nested as deep as it goes
      type: chain
      schedules: [...]

Every problem of a file is collected before any is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import NODEFAULT, Struct

from lrplot._spec_run import LENGTHS, RUN_SIZES, in_steps, read_count, read_horizon
from lrplot._spec_write import write
from lrplot.durations import LARGEST_STEP, UnitError, UnknownError
from lrplot.errors import InputError, ParameterError, Problem, Where, suggest
from lrplot.plan import BaseRate, Plan
from lrplot.schedules import Schedule, Sequence, by_name
from lrplot.schedules.base import Field, check_value, fields_of
from lrplot.syntax.tree import Key, Node, refuse_repeats, to_data
from lrplot.units import Horizon

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["LENGTHS", "PLAN_KEYS", "RUN_SIZES", "read", "write"]

PLAN_KEYS = {
    "schedule": "the schedule: a name, a list of schedules, or a mapping with a type",
    "base_lr": "the rate the optimizer holds",
    "max_iters": "updates in the run (T)",
    "max_epochs": "epochs in the run, in place of max_iters",
    "iters_per_epoch": "updates in an epoch",
    "run": "the sizes that these follow from: dataset_size, batch_size, gpus, epochs ...",
    "warmup": "a linear warm-up in front of the schedule, this long",
    "metrics": "the metric at each step, for plateau",
    "name": "what a legend calls the curve",
}
_RUN_KEYS = {*PLAN_KEYS, "$schema"}


class _Surroundings(Struct, frozen=True, kw_only=True):
    """What a schedule's place supplies where its own mapping leaves a field out.

    `horizon` is the run's, for durations: 5% is a part of the run wherever it is written. `end` is
    how many steps the schedule itself gets.
    """

    horizon: Horizon
    end: int | None
    base_lr: float | None = None
    metrics: Node | None = None

    def lasting(self, end: int | None) -> _Surroundings:
        """Return the same for a schedule that gets `end` steps."""
        return msgspec.structs.replace(self, end=end)

    def inside(self, cls: type[Schedule], given: dict[str, Any], index: int) -> _Surroundings:
        """Return the same for one of the schedules inside a schedule of this class."""
        end = None if self.end is None else cls.room(given, self.end, index)
        return msgspec.structs.replace(self, end=end, horizon=self._slower(cls.clock(given)))

    def _slower(self, clock: int | Fraction) -> Horizon:
        """Return the run's horizon in steps of a clock that ticks once every `clock` steps."""
        if clock == 1:
            return self.horizon
        run, epoch = self.horizon.max_iters, self.horizon.iters_per_epoch
        size = self.horizon.samples_per_iter
        if size is not None:
            size = self.horizon.dataset_size if clock == epoch else int(size * clock)
        return Horizon(
            max_iters=None if run is None else int(-(-run // clock)),
            iters_per_epoch=None if epoch is None else max(1, int(epoch // clock)),
            batch_size=size or None,
            seq_len=self.horizon.seq_len,
        )

    def supply(self, field: Field) -> Any:
        """Return the value for a field, NODEFAULT where nothing here supplies it."""
        found = {
            "max_iters": self.end,
            "iters_per_epoch": self.horizon.iters_per_epoch,
            "base_lr": self.base_lr,
            "metrics": self.metrics,
        }.get(field.source)
        return NODEFAULT if found is None else found


class _Frame(NamedTuple):
    """A schedule that is being read: its class and place, and the values read so far."""

    cls: type[Schedule]
    node: Node
    around: _Surroundings
    path: str
    values: dict[str, Any]

    def inside(self, index: int) -> _Surroundings:
        """Return what surrounds one of the schedules inside it."""
        return self.around.inside(self.cls, self.values, index)


def read(tree: Node) -> Plan:
    """Return the plan a native spec describes; raise InputError with every problem found."""
    refuse_repeats(tree)
    return _Reader().plan(tree)


class _Reader:
    """Reads one document, collecting what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.blamed: set[str] = set()  # what cannot be supplied, as the run's length is wrong

    # -- the document -----------------------------------------------------------------------

    def plan(self, tree: Node) -> Plan:
        top = self._mapping(tree)
        if "schedule" not in top:
            near = next((key for key in top if suggest(str(key), ["schedule"])), None)
            hint = f"is '{near}' meant to be it?" if near else "name one, as schedule: poly"
            self._problem("schedule", "is missing", tree.where, hint)
            raise InputError(self.problems)
        around = self._surroundings(tree, top)
        path = "" if isinstance(top["schedule"].value, str) else "schedule"
        if "name" in top:
            self._checked("name", str, top["name"])
        schedule = self._warmed(self._schedule_node(tree, top), top, around, path)
        if schedule is not None and self._needs_base(schedule, around):
            self._problem("base_lr", "is missing", tree.where, "give base_lr: 0.1, say")
        if schedule is None or self.problems:
            raise InputError(self.problems)
        return self._finish(top, schedule, around)

    def _warmed(
        self, node: Node, top: dict[Key, Node], around: _Surroundings, path: str
    ) -> Schedule | None:
        """Read the schedule, with the linear warm-up in front of it that `warmup` asks for."""
        if "warmup" not in top or to_data(top["warmup"]) in (0, "0"):
            return self._schedule(node, around, path)
        steps = self._count_at(top["warmup"], around.horizon, "warmup")
        warmup = by_name["linear_warmup"]  # imported where it is asked for
        inside = around.inside(warmup, {"warmup_steps": steps or 1}, 0)
        then = self._schedule(node, inside, path)
        if steps is None or then is None:
            return None
        return self._build(warmup, top["warmup"], "", warmup_steps=steps, then=then)

    def _needs_base(self, schedule: Schedule, around: _Surroundings) -> bool:
        return around.base_lr is None and schedule.uses_base() and not self._blamed("base_lr")

    def _finish(self, top: dict[Key, Node], schedule: Schedule, around: _Surroundings) -> Plan:
        max_iters = around.horizon.max_iters
        plan = Plan(
            schedule=schedule,
            base_lr=around.base_lr or 0.0,
            max_iters=max_iters or min(schedule.extent(), LARGEST_STEP),
            horizon=around.horizon,
            notes=tuple(dict.fromkeys(self.notes)),
            name=top["name"].value if "name" in top else "",
            open_end=max_iters is None,
        )
        if around.base_lr is None:  # the rates stand in the schedule
            plan = msgspec.structs.replace(plan, base_lr=plan.lr(0))
        return plan

    def _schedule_node(self, tree: Node, top: dict[Key, Node]) -> Node:
        """Return the schedule's node: the document's own mapping where it is flat."""
        node = top["schedule"]
        if not isinstance(node.value, str):
            for key in top:
                if key not in _RUN_KEYS:
                    self._unknown(key, tree.keys[key], [*PLAN_KEYS], "")
            return node
        cls = self._class(node, "schedule")
        own = {field.name for field in fields_of(cls)} if cls else set()
        if cls and "schedule" in own:
            hint = f"write schedule: {{type: {cls.name()}, schedule: ...}}"
            self._problem("schedule", f"'{cls.name()}' needs a schedule in it", node.where, hint)
            raise InputError(self.problems)
        if "warmup" in top:
            own -= {*LENGTHS}  # the run's; the schedule has what the warm-up leaves of it
        kept = [key for key in top if key in own or key not in _RUN_KEYS]
        if "type" in top:
            self._unknown("type", tree.keys["type"], [*PLAN_KEYS], "")
        values = {**{key: top[key] for key in kept}, "type": node}
        return Node(values, tree.where, keys=tree.keys)

    def _surroundings(self, tree: Node, top: dict[Key, Node]) -> _Surroundings:
        horizon = read_horizon(tree, self.problems, self.notes)
        self.blamed = {"max_iters", "iters_per_epoch"} if self.problems else set()
        base_lr = None
        if "base_lr" in top:
            base_lr = self._checked("base_lr", BaseRate, top["base_lr"])
        return _Surroundings(
            horizon=horizon, end=horizon.max_iters, base_lr=base_lr, metrics=top.get("metrics")
        )

    # -- a schedule ---------------------------------------------------------------------------

    def _schedule(self, node: Node, around: _Surroundings, path: str) -> Schedule | None:
        if isinstance(node.value, tuple):
            return self._list(node, around, path)
        if isinstance(node.value, str):
            node = Node({"type": node}, node.where, keys={"type": node.where})
        if not isinstance(node.value, dict):
            kinds = "must be a schedule's name, a list of schedules or a mapping with a type"
            self._problem(path or "schedule", kinds, node.where)
            return None
        if "type" not in node.value:
            self._problem(_join(path, "type"), "is missing: which schedule?", node.where)
            return None
        cls = self._class(node.value["type"], _join(path, "type") if path else "schedule")
        return self._struct(cls, node, around, path) if cls else None

    def _list(self, node: Node, around: _Surroundings, path: str) -> Schedule | None:
        """Read a list: one schedule after another, each as long as it says."""
        if not node.value:
            self._problem(path or "schedule", "is an empty list", node.where)
            return None
        starts, schedules = [0], []
        for i, item in enumerate(node.value):
            last = i == len(node.value) - 1
            bare, length = self._length(item, around, f"{path}[{i}]", last=last)
            rest = None if around.end is None else max(1, around.end - starts[-1])
            here = around.lasting(length or rest)
            schedules.append(self._schedule(bare, here, f"{path}[{i}]"))
            starts.append(starts[-1] + (length or 1))
        if None in schedules:
            return None
        if len(schedules) == 1:
            return schedules[0]
        milestones = tuple(starts[1:-1])
        return self._build(Sequence, node, path, schedules=schedules, milestones=milestones)

    def _length(
        self, item: Node, around: _Surroundings, path: str, *, last: bool
    ) -> tuple[Node, int | None]:
        """Return a list's item without its `steps`, and how many steps it lasts."""
        given = item.value if isinstance(item.value, dict) else {}
        bare = {key: value for key, value in given.items() if key != "steps"}
        node = Node(bare, item.where, keys=item.keys) if given else item
        written = [key for key in ("steps", "max_iters", "warmup_steps") if key in given]
        if last or ("then" in given and written == ["warmup_steps"]):
            written = [key for key in written if key == "steps"]
        if written:
            return node, self._count_at(given[written[0]], around.horizon, _join(path, written[0]))
        if not last:
            self._problem(path, "how long does it last?", item.where, "add steps: 500, say")
        return node, None

    def _count_at(self, node: Node, horizon: Horizon, key: str) -> int | None:
        try:
            return read_count(node, horizon, key, self.problems, self.notes)
        except UnknownError as error:
            if not self._is_known(error):
                self._problem(key, error.problems[0].message, node.where, error.problems[0].hint)
            return None

    def _struct(
        self, cls: type[Schedule], node: Node, around: _Surroundings, path: str
    ) -> Schedule | None:
        """Read each field of a schedule: the plain ones first, as they say how much room is in."""
        fields = {field.name: field for field in fields_of(cls)}
        for key in node.value:
            if key not in fields and key != "type":
                self._unknown(key, node.keys[key], [*fields], f" of {cls.name()}")
        frame = _Frame(cls, node, around, path, {})
        before = len(self.problems)
        for field in sorted(fields.values(), key=lambda field: field.holds != "value"):
            value = self._field(frame, field)
            if value is not NODEFAULT:
                frame.values[field.name] = value
        missing = any(field.required and name not in frame.values for name, field in fields.items())
        if missing or len(self.problems) > before:
            return None
        return self._build(cls, node, path, **frame.values)

    def _field(self, frame: _Frame, field: Field) -> Any:
        """Return a field's value, or NODEFAULT where it has none or a wrong one."""
        key = _join(frame.path, field.name)
        item = frame.node.value.get(field.name)
        if item is None:
            item = frame.around.supply(field)
            if item is NODEFAULT and field.required and not self._blamed(field.source):
                hint = _missing_hint(frame.cls, field)
                self._problem(key, "is missing", frame.node.where, hint)
            if not isinstance(item, Node):
                return item
        if field.holds == "value":
            return self._value(field, item, frame.around.horizon, key)
        if field.holds == "schedule":
            return self._schedule(item, frame.inside(0), key) or NODEFAULT
        return self._several(frame, item, key)

    def _is_known(self, error: UnitError) -> bool:
        """Say whether a duration misses what has been found wrong; that is enough to say."""
        return bool(self.blamed) and isinstance(error, UnknownError)

    def _blamed(self, source: str) -> bool:
        """Say whether what would supply a field has been found wrong; that is enough to say."""
        return source in self.blamed or any(problem.key == source for problem in self.problems)

    def _several(self, frame: _Frame, item: Node, key: str) -> Any:
        """Read the schedules inside a schedule, each with the room it gets."""
        if not isinstance(item.value, tuple):
            self._problem(key, "must be a list of schedules", item.where)
            return NODEFAULT
        inner = [
            self._schedule(node, frame.inside(i), f"{key}[{i}]")
            for i, node in enumerate(item.value)
        ]
        return NODEFAULT if None in inner else tuple(inner)

    def _build(self, cls: type[Schedule], node: Node, path: str, **values: Any) -> Schedule | None:
        try:
            return cls(**values)
        except ParameterError as error:
            for problem in error.problems:
                where = _place(node, problem.key)
                self._problem(_join(path, problem.key), problem.message, where, problem.hint)
            return None

    # -- values -------------------------------------------------------------------------------

    def _value(self, field: Field, node: Node, horizon: Horizon, key: str) -> Any:
        plain = to_data(node)
        if field.unit == "steps":
            try:
                plain = in_steps(plain, horizon, self.notes)
            except UnitError as error:
                if not self._is_known(error):
                    problem = error.problems[0]
                    self._problem(key, problem.message, node.where, problem.hint)
                return NODEFAULT
        try:
            return field.check(plain)
        except ParameterError as error:
            self._problem(key, error.problems[0].message, node.where)
            return NODEFAULT

    def _checked(self, key: str, annotation: Any, node: Node) -> Any:
        try:
            return check_value(key, annotation, to_data(node))
        except ParameterError as error:
            self._problem(key, error.problems[0].message, node.where)
            return None

    def _class(self, node: Node, key: str) -> type[Schedule] | None:
        cls = by_name.get(str(node.value))
        if cls is None:
            hint = suggest(str(node.value), by_name) or "`lrplot list` names them all"
            self._problem(key, f"no schedule is called {node.value!r}", node.where, hint)
        return cls

    def _mapping(self, node: Node) -> dict[Key, Node]:
        if isinstance(node.value, dict):
            return node.value
        self._problem("", "must be a mapping of keys to values", node.where)
        raise InputError(self.problems)

    def _unknown(self, key: Key, where: Where, known: list[str], of: str) -> None:
        hint = suggest(str(key), known) or f"known: {', '.join(known)}"
        if key in RUN_SIZES:
            hint = f"it belongs in the section run, as run: {{{key}: ...}}"
        self._problem(str(key), f"is not a parameter{of}" if of else "is not a key", where, hint)

    def _problem(self, key: str, message: str, where: Where, hint: str = "") -> None:
        self.problems.append(Problem(message=message, key=key, where=where, hint=hint))


def _place(node: Node, key: str) -> Where:
    """Return where a key's value stands, or the whole mapping where it is not written."""
    item = node.value.get(key) if isinstance(node.value, dict) else None
    return item.where if item is not None else node.where


def _missing_hint(cls: type[Schedule], field: Field) -> str:
    example = cls.example.get(field.name)
    return f"for example {field.name}: {example}" if example is not None else field.description


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key
