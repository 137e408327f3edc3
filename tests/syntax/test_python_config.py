"""OpenMMLab config files and what they inherit; expected values are what mmengine 0.10.7 loads."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lrplot.errors import InputError
from lrplot.syntax.python_config import read_config, read_config_files
from lrplot.syntax.tree import Node, Unknown

CONFIGS = Path(__file__).parent / "python_configs"


def unwrap(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: unwrap(item) for key, item in node.value.items()}
    return [unwrap(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def read(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = unwrap(read_config(path))
    return found


def write(folder: Path, **files: str) -> Path:
    """Write `name.py` for each keyword; the path of the first is returned."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.py"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_config(path)
    return str(caught.value)


EXPECTED = json.loads((CONFIGS / "expected.json").read_text(encoding="utf-8"))


def matches(ours: Any, theirs: Any) -> bool:
    """Tell whether a value is what mmengine loads, which gives classes their modules' names."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return set(ours) == set(theirs) and all(matches(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(matches, ours, theirs))
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or theirs.endswith(f".{ours}")
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_tree_is_what_mmengine_loads(name: str) -> None:
    ours = read(CONFIGS / name)
    assert matches(ours, EXPECTED[name]), ours


def test_a_dict_is_merged_into_the_base_and_delete_replaces_it() -> None:
    config = read(CONFIGS / "classic/pspnet.py")
    assert config["train_cfg"] == {
        "type": "IterBasedTrainLoop",
        "max_iters": 40000,
        "val_interval": 16000,
    }
    assert config["optim_wrapper"]["optimizer"] == {
        "type": "AdamW",
        "lr": 0.0002,
        "betas": [0.9, 0.999],
    }
    assert "clip_grad" not in config["optim_wrapper"]
    assert list(config["optim_wrapper"]["paramwise_cfg"]["custom_keys"]) == [
        "layers.0.norm",
        "layers.1.norm",
    ]


def test_a_list_replaces_the_base_s_list() -> None:
    schedulers = read(CONFIGS / "classic/pspnet.py")["param_scheduler"]
    assert [(each["type"], each.get("begin"), each["end"]) for each in schedulers] == [
        ("LinearLR", 0, 4000),
        ("PolyLR", 4000, 40000),
    ]


def test_a_template_takes_the_base_s_value() -> None:
    config = read(CONFIGS / "classic/pspnet.py")
    assert config["head"] == config["model"]["decode_head"]


def test_a_config_changes_its_base_in_place() -> None:
    config = read(CONFIGS / "classic/pspnet_long.py")
    assert config["train_cfg"]["max_iters"] == 80000
    assert config["param_scheduler"][-1]["end"] == 80000
    assert "norm_cfg" not in config["model"]["backbone"]
    assert "norm_cfg" in config["model"]["decode_head"]
    assert config["num_classes"] == 19
    assert config["work_dir"] == "./work_dirs/pspnet_long"


def test_the_files_read_are_named_in_the_order_of_reading() -> None:
    files = read_config_files(CONFIGS / "classic/pspnet_long.py").files
    assert [file.name for file in files] == [
        "pspnet_long.py",
        "pspnet.py",
        "model.py",
        "schedule_160k.py",
    ]


def test_a_value_stands_where_it_was_written_in_whichever_file() -> None:
    tree = read_config(CONFIGS / "classic/pspnet.py")
    optimizer = tree.value["optimizer"].value["lr"]
    assert str(optimizer.where) == f"{CONFIGS}/classic/_base_/schedule_160k.py:2:33"
    assert optimizer.text == "0.01"
    eta = tree.value["param_scheduler"].value[0].value["start_factor"]
    assert (eta.where.line, eta.where.column, eta.text) == (14, 40, "1e-6")


def test_a_key_stands_where_it_was_written_last() -> None:
    tree = read_config(CONFIGS / "classic/pspnet.py")
    assert str(tree.keys["train_cfg"]) == f"{CONFIGS}/classic/pspnet.py:17:1"
    assert str(tree.keys["optimizer"]).endswith("schedule_160k.py:2:1")
    assert tree.value["train_cfg"].keys["max_iters"].line == 17
    assert tree.value["train_cfg"].keys["val_interval"].line == 8


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    tree = read_config(write(tmp_path, a="x = dict(naïve='é', lr=0.1)\n"))
    assert tree.value["x"].value["lr"].where.column == 24


def test_read_base_imports_names_and_update_merges_into_them() -> None:
    config = read(CONFIGS / "lazy/resnet/resnet50.py")
    assert config["optim_wrapper"] == {
        "type": "OptimWrapper",
        "optimizer": {"type": "AdamW", "lr": 4e-3, "weight_decay": 0.05},
        "clip_grad": None,
    }
    assert config["train_cfg"] == {"by_epoch": True, "max_epochs": 100, "val_interval": 1}


def test_merge_heeds_delete() -> None:
    hooks = read(CONFIGS / "lazy/resnet/resnet50.py")["default_hooks"]
    assert hooks == {
        "logger": {"type": "LoggerHook", "interval": 50},
        "checkpoint": {"interval": 10},
    }


def test_a_class_is_its_last_name_and_keeps_the_dotted_one() -> None:
    tree = read_config(CONFIGS / "lazy/resnet/resnet50.py")
    kind = tree.value["optim_wrapper"].value["optimizer"].value["type"]
    assert (kind.value, kind.text) == ("AdamW", "torch.optim.AdamW")


def test_imported_names_are_no_part_of_the_tree() -> None:
    assert not {"AdamW", "MultiStepLR", "read_base"} & set(
        read(CONFIGS / "lazy/resnet/resnet50.py")
    )


def test_single_names_are_imported_under_the_name_they_are_given() -> None:
    config = read(CONFIGS / "lazy/resnet/resnet50_short.py")
    assert config["cfg"]["max_epochs"] == 100
    assert config["train_cfg"]["max_epochs"] == 50
    assert "param_scheduler" not in config


def test_update_of_a_dict_of_the_same_file_is_shallow() -> None:
    assert read(CONFIGS / "lazy/resnet/resnet50_short.py")["schedule"] == {"inner": {"b": 3}}


def test_a_base_may_be_worked_out_by_the_file(tmp_path: Path) -> None:
    text = "size = 's'\nif size == 's':\n    _base_ = f'./{size}.py'\nb = dict(y=2)\n"
    assert read(write(tmp_path, a=text, s="b = dict(x=1)\n")) == {
        "b": {"x": 1, "y": 2},
        "size": "s",
    }


def test_the_same_name_in_two_bases_is_refused_with_all_places(tmp_path: Path) -> None:
    path = write(tmp_path, a="_base_ = ['./b.py', './c.py']", b="x = 1", c="\nx = 1")
    text = refusal(path)
    assert text.startswith(f"{path}:1:21: x: is defined by two bases")
    assert f"{tmp_path}/b.py:1:1" in text
    assert f"{tmp_path}/c.py:2:1" in text


def test_functions_of_two_bases_do_not_clash(tmp_path: Path) -> None:
    function = "def f():\n    return 1\n"
    path = write(tmp_path, a="_base_ = ['./b.py', './c.py']", b=function, c=function + "x = f()\n")
    assert set(read(path)) == {"x"}


def test_a_dict_over_a_list_is_refused_with_both_places(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, a="_base_ = './b.py'\nx = {'0': 1}\n", b="x = [1]\n"))
    assert text.startswith(f"{tmp_path}/a.py:2:5: x: is a dict here and a list in the base")
    assert f"{tmp_path}/b.py:1:5" in text
    assert "_delete_=True" in text


def test_a_dict_over_an_unknown_is_unknown(tmp_path: Path) -> None:
    path = write(tmp_path, a="_base_ = './b.py'\nx = dict(a=1)\n", b="x = f()\n")
    assert isinstance(read(path)["x"], Unknown)


def test_a_missing_base_is_named_where_it_was_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, a="_base_ = [\n    './gone.py',\n]\n")
    assert refusal(path) == f"{path}:2:5: its base './gone.py' does not exist"


def test_a_missing_import_in_read_base_is_named_where_it_was_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, a="with read_base():\n    from .gone import *\n", b="x = 1\n")
    assert refusal(path).startswith(f"{path}:2:5: its base 'gone.py' does not exist")
    path = write(tmp_path, a="with read_base():\n    from .b import y\n")
    assert refusal(path) == f"{path}:2:20: its base defines no y"


@pytest.mark.parametrize("base", ["/etc/passwd", "../../../../../etc/passwd", "mmdet::passwd"])
def test_a_base_that_is_no_config_is_not_opened(tmp_path: Path, base: str) -> None:
    text = refusal(write(tmp_path, a=f"_base_ = {base!r}\n"))
    assert "a base is a .py" in text
    assert "root:" not in text


def test_a_base_whose_name_is_unknown_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, a="import os\n_base_ = os.environ['BASE']\n")
    assert "which files it inherits from takes running it" in refusal(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("_base_ = [3]", "a base is named by a string"),
        ("_base_ = 'a b::c.py'", "a base in another package is written"),
        ("_base_ = './%s.py'" % ("x" * 5000), "does not exist"),
        ("with read_base():\n    x = 1\n", "only `from ... import ...` goes in"),
        ("with read_base():\n    from __main__.x import y\n", "was not found"),
        ("_base_ = './list.json'", "is not a mapping"),
    ],
)
def test_a_base_that_cannot_be_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "list.json").write_text("[1]")
    assert why in refusal(write(tmp_path, a=text))


def test_a_base_that_is_too_long_a_name_is_cut_in_the_error(tmp_path: Path) -> None:
    assert len(refusal(write(tmp_path, a="_base_ = '%s.py'" % ("x" * 5000)))) < 600


def test_bases_that_cost_too_much_together_are_refused(tmp_path: Path) -> None:
    bases = {f"b{i}": f"x{i} = list(range(90_000))\n" for i in range(5)}
    path = write(tmp_path, a=f"_base_ = {[f'./{name}.py' for name in bases]}", **bases)
    assert "takes more than" in refusal(path)


def test_a_base_made_to_hold_itself_is_unknown_and_a_doubled_one_refused(tmp_path: Path) -> None:
    itself = "_base_ = './b.py'\n_base_.x.inner = _base_.x\n"
    path = write(tmp_path, a=itself, b="x = dict(a=1)\n")
    assert isinstance(read(path)["x"]["inner"], Unknown)
    doubled = "_base_ = './b.py'\n" + "_base_.x = dict(a=_base_.x, b=_base_.x)\n" * 60
    assert "holds more than" in refusal(write(tmp_path, c=doubled))


def test_a_cycle_of_bases_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, a="_base_ = './b.py'", b="_base_ = './a.py'")
    assert refusal(path) == f"{tmp_path}/b.py:1:10: inherits from itself: a.py -> b.py -> a.py"


def test_a_cycle_of_imports_is_named(tmp_path: Path) -> None:
    cycle = "with read_base():\n    from .a import *\n"
    assert "inherits from itself: a.py -> a.py" in refusal(write(tmp_path, a=cycle))


def test_lineage_and_number_of_bases_are_bounded(tmp_path: Path) -> None:
    chain = {f"c{i}": f"_base_ = './c{i + 1}.py'" for i in range(30)}
    assert "more than 20 files in a row" in refusal(write(tmp_path, **chain))
    wide = ", ".join(f"'./x{i}.py'" for i in range(120))
    files = {f"x{i}": f"v{i} = 1" for i in range(120)}
    assert "from more than 100 files" in refusal(write(tmp_path, w=f"_base_ = [{wide}]", **files))


def test_a_diamond_of_imports_is_read_and_a_doubling_one_is_bounded(tmp_path: Path) -> None:
    both = "with read_base():\n    from .{0} import *\n    from .{0}_ import *\n"
    files = {f"m{i}{tail}": both.format(f"m{i + 1}") for i in range(12) for tail in ("", "_")}
    last = {"m12": "x = 1\n", "m12_": "y = 2\n"}
    path = write(tmp_path, **files, **last)
    assert read(tmp_path / "m10.py") == {"x": 1, "y": 2}
    assert "more than 100 files" in refusal(path)


@pytest.mark.parametrize("layout", ["mmdet/.mim/configs", "wheel/mmdet/.mim/configs", "configs"])
def test_a_base_of_another_package_is_found_in_the_roots(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "root" / layout / "_base_"
    folder.mkdir(parents=True)
    write(folder, schedule="optimizer = dict(type='SGD', lr=0.02)\nn = [dict(a=1)]\n")
    path = write(tmp_path, a="_base_ = 'mmdet::_base_/schedule.py'")
    found = unwrap(read_config(path, [tmp_path / "root"]))
    assert found == {"optimizer": {"type": "SGD", "lr": 0.02, "_scope_": "mmdet"}, "n": [{"a": 1}]}


def test_an_installed_package_gives_its_configs_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "lrplot_probe"
    (package / "configs").mkdir(parents=True)
    write(package, __init__="raise RuntimeError('imported')\n")
    write(package / "configs", schedule="lr = 0.3\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    text = "with read_base():\n    from lrplot_probe.configs.schedule import *\n"
    assert read(write(tmp_path, a=text)) == {"lr": 0.3}
    assert "lrplot_probe" not in sys.modules


def test_a_package_beside_the_config_is_found(tmp_path: Path) -> None:
    for package in ("mmpose", "mmdet"):
        (tmp_path / package / ".mim/configs").mkdir(parents=True)
        write(tmp_path / package, __init__="")
    write(tmp_path / "mmdet/.mim/configs", det="lr = 0.5\n")
    path = write(tmp_path / "mmpose/.mim/configs", pose="_base_ = 'mmdet::det.py'\n")
    assert read(path) == {"lr": 0.5}


def test_a_package_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, a="_base_ = 'lrplot_nowhere::_base_/x.py'"))
    assert "was not found: no folder of lrplot_nowhere holds it" in text


def test_yaml_and_json_are_bases_and_have_bases(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("_base_: ./c.json\noptimizer: {lr: 0.1}\nsteps: [1, 2]\n")
    (tmp_path / "c.json").write_text('{"optimizer": {"type": "SGD", "lr": 1}}')
    path = write(tmp_path, a="_base_ = './b.yaml'\n_base_.steps.append(3)\n")
    expected = {"optimizer": {"type": "SGD", "lr": 0.1}, "steps": [1, 2, 3]}
    assert read(path) == expected
    assert read(tmp_path / "b.yaml") == {**expected, "steps": [1, 2]}


def test_a_folder_a_loop_of_links_and_binary_files_are_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    assert "cannot be read" in refusal(tmp_path / "loop.py")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    assert "is not UTF-8 text" in refusal(tmp_path / "latin.py")
    (tmp_path / "null.py").write_bytes(b"x = 1\n\0")
    assert "binary" in refusal(tmp_path / "null.py")


def test_what_is_not_python_is_refused_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, a="x = 1\nlr: 0.1 0.2\n")
    assert refusal(path).startswith(f"{path}:2:")
    assert "is not valid Python" in refusal(path)


def test_an_unlucky_escape_in_a_string_is_no_warning(tmp_path: Path) -> None:
    assert read(write(tmp_path, a="x = '\\d'\n")) == {"x": "\\d"}


def test_a_statement_on_the_base_that_cannot_be_carried_out_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, a="_base_ = './b.py'\n_base_.gone[0].update(x=1)\n", b="x = 1\n")
    assert "what it inherits cannot be told" in refusal(path)
    assert f"{path}:2:1" in refusal(path)
