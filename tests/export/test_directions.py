"""The declarations of generated code: nothing is lost, and each is on the right side."""

from __future__ import annotations

import pytest

from harness.directions import both_directions, declarations, kernel_function
from kernels.catalog import FAMILIES


def names(code, direction):
    return [d.name for d in declarations(code) if d.direction == direction]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_declarations_of_every_family_are_its_code(generated, device):
    codes = [generated[f"{family}-000000"][device] for family in FAMILIES if device in generated.get(f"{family}-000000", {})]
    assert len(codes) > len(FAMILIES) / 2
    for code in codes:
        assert "".join(d.text for d in declarations(code)) == code


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_family_has_a_kernel_in_both_directions(generated, device):
    for made in generated.values():
        if device in made:
            found = [kernel_function(made[device], direction).name for direction in ("forward", "backward")]
            assert found[0].removesuffix("forward") == found[1].removesuffix("backward")


def test_what_is_forward_and_what_is_backward(generated):
    code = generated["flow-000000"]["cpu"]
    kernel = kernel_function(code, "forward").name.removesuffix("_cpu_kernel_forward")
    options = names(code, "forward")[0]
    assert options.startswith("Options_")
    assert set(names(code, "forward")) == {
        options,
        "soft_0",
        "square_0",
        f"wp_args_{kernel}",
        f"{kernel}_cpu_kernel_forward",
        f"{kernel}_cpu_forward_tasks",
        f"{kernel}_cpu_forward_dispatch",
        f"{kernel}_cpu_forward",
    }
    assert set(names(code, "backward")) == {
        f"adj_{options}",
        "add",
        "adj_atomic_add",
        "adj_soft_0",
        "adj_square_0",
        f"{kernel}_cpu_kernel_backward",
        f"{kernel}_cpu_backward_tasks",
        f"{kernel}_cpu_backward_dispatch",
        f"{kernel}_cpu_backward",
    }


def test_the_forward_part_calls_nothing_of_the_backward_part(generated):
    forward, _ = both_directions(generated["flow-000000"]["cuda"])
    assert "adj_" not in forward
    assert "backward" not in forward


def test_a_block_under_a_condition_is_one_declaration():
    code = "#if defined(A)\nvoid f_0()\n{\n}\nvoid g_0()\n{\n}\n#endif\n\nvoid adj_f_0()\n{\n}\n"
    assert [(d.name, d.direction) for d in declarations(code)] == [("f_0", "forward"), ("adj_f_0", "backward")]


def test_braces_in_comments_and_strings_are_none():
    code = 'void f_0()\n{\n    // }\n    printf("}\\"}");\n    char c = \'}\'; /* }\n } */\n}\nvoid g_0()\n{\n}\n'
    assert [d.name for d in declarations(code)] == ["f_0", "g_0"]


def test_a_function_that_is_called_like_an_adjoint_is_forward():
    code = "void adj_rate_0()\n{\n}\n\nvoid adj_adj_rate_0()\n{\n}\n"
    assert [(d.name, d.direction) for d in declarations(code)] == [("adj_rate_0", "forward"), ("adj_adj_rate_0", "backward")]


def test_attributes_are_no_names():
    assert declarations('extern "C" __launch_bounds__(64) __global__ void k_cuda_kernel_forward(\n    int a)\n{\n}\n')[0].name == (
        "k_cuda_kernel_forward"
    )


def test_code_without_a_backward_pass():
    code = "void k_cpu_kernel_forward(\n    int a)\n{\n}\n"
    assert both_directions(code) == (code.strip("\n"), "")
    assert kernel_function(code, "backward") is None


@pytest.mark.parametrize("text", ["", "\n\n", "int a;\n\n", "void f(\n{", "}\n}\n"])
def test_what_is_no_code_is_kept_too(text):
    assert "".join(d.text for d in declarations(text)) == text
