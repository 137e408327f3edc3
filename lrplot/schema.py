"""The JSON Schema of native spec files, made from the schedules' fields."""

from __future__ import annotations

from typing import Any

import msgspec

from lrplot.render.pages import summary
from lrplot.schedules import by_name
from lrplot.schedules.base import Field, Schedule, fields_of
from lrplot.spec import LENGTHS, PLAN_KEYS, RUN_SIZES

__all__ = ["json_schema"]

_SCHEDULE = {"$ref": "#/$defs/schedule"}
_STEPS: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^\s*([0-9_,.]+([eE][+-]?[0-9]+)?\s*[a-zA-Z %]*|end)\s*$"},
    ]
}
_COUNT: dict[str, Any] = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
_EPOCHS: dict[str, Any] = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}


def json_schema() -> dict[str, Any]:
    """Return the schema: a flat document per schedule, or one that nests them."""
    names = [cls.name() for cls in by_name.values()]
    alone = [cls.name() for cls in by_name.values() if not _needed(cls)]
    flat = [
        _object(cls, tag="schedule", beside=_run())
        for cls in by_name.values()
        if "schedule" not in _needed(cls)  # the key that would hold it is taken by the name
    ]
    nested = {
        "type": "object",
        "properties": {**_run(), "schedule": {**_SCHEDULE, "type": ["array", "object"]}},
        "required": ["schedule"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lrplot schedule",
        "type": "object",
        "properties": {"schedule": {"description": PLAN_KEYS["schedule"]}},
        "required": ["schedule"],
        "anyOf": [*flat, nested],
        "$defs": {
            "schedule": {
                "anyOf": [
                    {"enum": alone},
                    {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
                    *({"$ref": f"#/$defs/{name}"} for name in names),
                ]
            },
            "item": {"anyOf": [{"enum": alone}, *(_item(cls) for cls in by_name.values())]},
            **{cls.name(): _object(cls, tag="type", beside={}) for cls in by_name.values()},
        },
    }


def _item(cls: type[Schedule]) -> dict[str, Any]:
    """Return a list's item: a schedule that may say how many steps it lasts."""
    lasting = {**_STEPS, "description": "how many steps it lasts"}
    return _object(cls, tag="type", beside={"steps": lasting})


def _run() -> dict[str, Any]:
    """Return the keys that say what the run is like."""
    types: dict[str, dict[str, Any]] = {
        "base_lr": {"type": "number", "minimum": 0},
        "max_iters": _STEPS,
        "max_epochs": _EPOCHS,
        "iters_per_epoch": _COUNT,
        "run": _sizes(),
        "warmup": _STEPS,
        "metrics": {"type": "array", "items": {"type": "number"}},
        "name": {"type": "string"},
    }
    described = {key: {**kind, "description": PLAN_KEYS[key]} for key, kind in types.items()}
    return {"$schema": {"type": "string"}, **described}


def _sizes() -> dict[str, Any]:
    """Return the section whose sizes the lengths follow from."""
    described = {**{key: PLAN_KEYS[key] for key in LENGTHS}, **RUN_SIZES}
    kinds = {"max_iters": _STEPS, "drop_last": {"type": "boolean"}}
    kinds |= dict.fromkeys(("max_epochs", "epochs"), _EPOCHS)
    return {
        "type": "object",
        "properties": {
            key: {**kinds.get(key, _COUNT), "description": text} for key, text in described.items()
        },
        "additionalProperties": False,
    }


def _object(cls: type[Schedule], *, tag: str, beside: dict[str, Any]) -> dict[str, Any]:
    fields = fields_of(cls)
    own = {field.name: _property(field) for field in fields}
    return {
        "type": "object",
        "description": summary(cls),
        "properties": {tag: {"const": cls.name()}, **beside, **own},
        "required": [tag, *_needed(cls)],
        "additionalProperties": False,
    }


def _needed(cls: type[Schedule]) -> list[str]:
    """Return the fields that nothing around a schedule supplies."""
    return [field.name for field in fields_of(cls) if field.required and not field.source]


def _property(field: Field) -> dict[str, Any]:
    described = {"description": field.description}
    if field.holds == "schedule":
        return {**_SCHEDULE, **described}
    if field.holds == "schedules":
        return {"type": "array", "minItems": 1, "items": _SCHEDULE, **described}
    if field.unit == "steps":
        return {
            **({"type": "array", "items": _STEPS} if field.type_is(tuple) else _STEPS),
            **described,
        }
    (made,), _ = msgspec.json.schema_components([field.type])
    default = {} if field.required else {"default": field.default}
    return {**made, **described, **default}
