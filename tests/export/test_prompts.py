"""The pieces of prompts: wordings, fenced blocks, names with a hash, and a kernel's interface in words."""

from __future__ import annotations

import json
import re
from collections import Counter

from export_samples import CASES

from generation.instructions.prompts import block, generated_names, interface, wording
from kernels.catalog import FAMILIES, build_named_case

HASHED = re.compile(r"(?<![A-Za-z0-9])(?:adj_|wp_args_)*([A-Za-z]\w*?_[0-9a-f]{8})(?![0-9a-f])")


def test_a_record_is_always_asked_in_the_same_wording():
    assert [wording("abcd", "t", f"{number:016x}") for number in range(8)] == list("aabcbdca")


def test_every_wording_is_about_as_frequent():
    counts = Counter(wording("abcd", "t", f"{number:016x}") for number in range(4000))
    assert sorted(counts) == list("abcd")
    assert min(counts.values()) > 900


def test_tasks_are_worded_independently():
    ids = [f"{number:016x}" for number in range(400)]
    same = sum(wording("abcd", "t", i) == wording("abcd", "u", i) for i in ids)
    assert 60 < same < 140


def test_a_block_has_no_empty_lines_around_it():
    assert block("cpp", "\n\nint a;\n\nint b;\n\n") == "```cpp\nint a;\n\nint b;\n```"


def test_a_fence_is_longer_than_those_inside():
    assert block("python", "# ```` and ```") == "`````python\n# ```` and ```\n`````"


def test_every_name_with_a_hash_is_listed(generated):
    for case, by_device in generated.items():
        for code in by_device.values():
            assert set(HASHED.findall(code)) == set(generated_names(code)), case


def test_a_kernel_that_a_function_makes_has_a_longer_name(generated):
    assert re.fullmatch(r"make_add__locals__add_step_[0-9a-f]{8}", *generated_names(generated["made-000003"]["cpu"]))


def test_an_interface_with_a_struct():
    assert interface("flow", CASES[0].launch_json()).splitlines() == [
        "The kernel is called `flow` and takes these arguments, in this order:",
        "",
        "- `options`: struct Options (gain: float32), read",
        "- `a`: array of float32, shape (5,), read",
        "- `out`: array of float32, shape (5,), written",
        "",
        "With arrays of these shapes it is launched with `dim=(5,)`.",
    ]


def test_an_interface_with_tiles():
    assert interface("total", CASES[4].launch_json()).splitlines()[-1] == (
        "With arrays of these shapes it is launched with `wp.launch_tiled`, `dim=(5,)` and `block_dim=64`."
    )


def test_a_struct_in_a_struct_with_an_array():
    inner = {"kind": "struct", "fields": [["x", "float32", {}], ["table", "vec3f", {}]]}
    struct = {"kind": "struct", "fields": [["inner", "struct:Inner", inner], ["n", "int32", {}]]}
    launch = {"dim": [4], "shapes": {"s": [4], "s.inner.table": [7]}, "domains": {"s": struct}}
    argument = {"name": "s", "dtype": "struct:Outer", "ndim": 1, "role": "inout", "differentiable": True}
    lines = interface("k", json.dumps({"arguments": [argument], "launches": [launch]})).splitlines()
    assert lines[2] == (
        "- `s`: array of struct Outer (inner: struct Inner (x: float32, table: array of vec3f, shape (7,)), n: int32), shape (4,), "
        "read and written"
    )


def test_a_handle_names_the_arrays_that_it_is_made_from():
    argument = {"name": "grid", "dtype": "hash_grid:points=x,groups=world", "ndim": 0, "role": "input", "differentiable": False}
    launch = {"dim": [4], "shapes": {"grid": []}, "domains": {"grid": {"kind": "struct", "fields": []}}}
    lines = interface("k", json.dumps({"arguments": [argument], "launches": [launch]})).splitlines()
    assert lines[2] == "- `grid`: hash_grid with points=x, groups=world, read"


def test_the_interface_of_every_family_names_every_argument():
    for family in FAMILIES:
        case = build_named_case(0, f"{family}-000000")
        listed = re.findall(r"^- `(\w+)`: \S", interface(case.kernel_name, case.launch_json()), re.MULTILINE)
        assert listed == [argument.name for argument in case.arguments]
