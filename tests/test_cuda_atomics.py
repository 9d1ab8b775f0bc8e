"""Atomic additions that a kernel's code has and its PTX has not."""

from __future__ import annotations

import pytest

from generation.code.cuda.atomics import adds_to_local_array, entries, lost_addition

CODE = """
extern "C" __global__ void k_1_cuda_kernel_forward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<{type}> var_x,
    wp::array_t<{type}> var_total)
{{
    var_1 = wp::atomic_add(var_total, var_0, var_2);
}}

extern "C" __global__ void k_1_cuda_kernel_backward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<{type}> var_x,
    wp::array_t<{type}> adj_x)
{{
    wp::adj_address(var_x, var_0, adj_x, adj_0, adj_1);
}}
"""

PTX = """
.visible .entry k_1_cuda_kernel_forward(
)
{{
	{forward};
}}
.visible .entry k_1_cuda_kernel_backward(
)
{{
	{backward};
}}
"""

KEPT = {"wp::float32": "atom.global.add.f32 %f1, [%rd1], %f2", "wp::float64": "red.add.f64 [%rd1], %fd2"}
LOST = "st.global.f32 [%rd1], %f2"


def said(type: str, forward: str, backward: str) -> str | None:
    return lost_addition(CODE.format(type=type), "k_1", entries(PTX.format(forward=forward, backward=backward)))


@pytest.mark.parametrize("type", ["wp::float32", "wp::float64", "wp::vec_t<3,wp::float32>"])
def test_what_is_kept_is_right(type):
    kept = KEPT["wp::float64" if "64" in type else "wp::float32"]
    assert said(type, kept, kept) is None


@pytest.mark.parametrize(("forward", "backward", "where"), [(LOST, None, "forward"), (None, LOST, "backward")])
def test_what_is_lost_is_named(forward, backward, where):
    kept = KEPT["wp::float32"]
    array = "total" if where == "forward" else "x"
    expected = f"the {where} kernel's code adds to {array}, and its PTX has no atomic addition of float32"
    assert said("wp::float32", forward or kept, backward or kept) == expected


def test_an_addition_of_another_width_does_not_count():
    assert said("wp::float32", KEPT["wp::float64"], KEPT["wp::float32"]) is not None


def test_integers_are_left_to_the_compiler():
    assert said("wp::int32", LOST, LOST) is None


def test_a_function_that_is_called_is_looked_into():
    ptx = ".func helper()\n{\n\tatom.global.add.f32 %f1, [%rd1], %f2;\n}\n" + PTX.format(
        forward="call.uni helper", backward=KEPT["wp::float32"]
    )
    assert lost_addition(CODE.format(type="wp::float32"), "k_1", entries(ptx)) is None


FUNCTIONS = """
.func  (.param .b32 func_retval0) adds
(
	.param .b64 adds_param_0
)
;
.weak .func stores
()
{
	st.global.f32 [%rd1], %f2;
}
.weak .func passes_on
(
	.param .b64 passes_on_param_0
)
{
	{ // callseq 1, 0
	call.uni (retval0), adds, (param0);
	} // callseq 1
}
.func  (.param .b32 func_retval0) adds
(
	.param .b64 adds_param_0
)
{
	atom.add.f32 %f1, [%rd1], %f2;
}
"""


def test_a_function_that_is_reached_by_another_is_looked_into():
    ptx = FUNCTIONS + PTX.format(forward="call.uni passes_on, (param0)", backward="call.uni\n\tpasses_on,\n\t(\n\tparam0\n\t)")
    assert lost_addition(CODE.format(type="wp::float32"), "k_1", entries(ptx)) is None


def test_a_function_that_is_not_reached_does_not_count():
    ptx = FUNCTIONS + PTX.format(forward="call.uni passes_on, (param0)", backward="call.uni stores, ()")
    assert lost_addition(CODE.format(type="wp::float32"), "k_1", entries(ptx)) == (
        "the backward kernel's code adds to x, and its PTX has no atomic addition of float32"
    )


def test_an_entry_point_that_is_not_there():
    assert lost_addition(CODE.format(type="wp::float32"), "k_1", {}) == "the PTX has no entry point k_1_cuda_kernel_forward"


LOCAL = """
static void helper(
    wp::array_t<wp::float32> var_values)
{{
    {helper}
}}

extern "C" __global__ void k_1_cuda_kernel_backward(
    wp::array_t<wp::float32> adj_x)
{{
        wp::fixedarray_t<5, {type}> var_3;
        wp::fixedarray_t<5, {type}> adj_3 = {{}};
        var_4 = wp::address(var_3, var_1);
        {reverse}
}}
"""


@pytest.mark.parametrize("type", ["wp::float32", "wp::float64", "wp::float16", "wp::bfloat16", "wp::vec_t<3, wp::int16>"])
@pytest.mark.parametrize("reverse", ["wp::adj_address(var_3, var_1, adj_3, adj_1, adj_4);", "adj_helper_0(var_3, adj_3);"])
def test_an_adjoint_that_adds_to_a_local_array_is_seen(type, reverse):
    assert adds_to_local_array(LOCAL.format(type=type, helper="", reverse=reverse))


@pytest.mark.parametrize(
    ("type", "helper", "reverse"),
    [
        ("wp::int32", "", "wp::adj_address(var_3, var_1, adj_3, adj_1, adj_4);"),
        ("bool", "", "wp::adj_address(var_3, var_1, adj_3, adj_1, adj_4);"),
        ("wp::float32", "", "wp::adj_array_store(var_3, var_1, var_2, adj_3, adj_1, adj_2);"),
        ("wp::float32", "", "wp::adj_address(var_33, var_1, adj_33, adj_1, adj_4);"),
        ("wp::float32", "wp::adj_address(var_3, var_1, adj_3, adj_1, adj_4);", ""),
    ],
    ids=["integers", "booleans", "stored to", "another array", "an array of another function"],
)
def test_another_adjoint_does_not_add_to_a_local_array(type, helper, reverse):
    assert not adds_to_local_array(LOCAL.format(type=type, helper=helper, reverse=reverse))
