"""Statement forms: each is found where it is, and only there; those of real kernels' statistics in the kernel's own body."""

from __future__ import annotations

import pytest

from harness.features import features_used
from harness.structure import builtins_used
from kernels.catalog import FAMILIES, build_named_case
from kernels.coverage.forms import FORMS, KERNEL_FORMS

PARAMETERS = "a: wp.array[float], m: wp.array2d[float], v: wp.vec3, n: int, p: Part, s: wp.array[Part]"

STRUCTS = """\
@wp.struct
class Part:
    mass: float
    weights: wp.array[float]
"""

BASE = {"struct_argument", "array_of_structs", "array_in_struct"}
"""What the parameters of `kernel` and its struct show by themselves."""


def kernel(body: str, module: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import warp as wp\nfrom typing import Any\n\n\n{STRUCTS}\n\n{module}\n\n\n@wp.kernel\ndef k({PARAMETERS}):\n{lines}"


def function(body: str, head: str = "def f(x: float):", decorator: str = "@wp.func") -> str:
    return f"{decorator}\n{head}\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize(
    ("body", "features"),
    [
        ("a[0] = 1.0", set()),
        ("if n > 0:\n    a[0] = 1.0", {"if"}),
        ("if n > 0:\n    a[0] = 1.0\nelse:\n    a[0] = 2.0", {"if", "else"}),
        ("if n > 0:\n    a[0] = 1.0\nelif n < 0:\n    a[0] = 2.0", {"if", "else", "elif"}),
        ("if n > 0:\n    return\na[0] = 1.0", {"if", "early_return"}),
        ("a[0] = 1.0\nreturn", set()),
        ("i, j = wp.tid()", {"tuple_unpack", "multi_dimensional_tid"}),
        ("q, r = wp.qr3(x)", {"tuple_unpack"}),
        ("c = n > 0 and n < 3", {"and_or"}),
        ("c = 0 < n < 3", {"chained_comparison"}),
        ("c = not n", {"not"}),
        ("c = -n", set()),
        ("c = p.mass", {"struct_or_component_attribute"}),
        ("c = v.x", {"struct_or_component_attribute"}),
        ("c = a.shape[0]", {"shape_query"}),
        ("c = len(a)", {"shape_query"}),
        ("for i in range(n):\n    continue", {"for", "dynamic_loop", "continue"}),
        ("for i in range(3):\n    pass", {"for", "static_loop"}),
        ("for i in range(0, n, 2):\n    pass", {"for", "dynamic_loop", "range_with_step"}),
        ("for i in range(5, -1, -1):\n    pass", {"for", "static_loop", "range_with_step", "negative_step"}),
        ("for i in reversed(range(3)):\n    pass", {"for", "static_loop", "negative_step"}),
        ("for i in range(m.shape[0]):\n    pass", {"for", "dynamic_loop", "shape_query"}),
        ("for i in range(3):\n    for j in range(i):\n        pass", {"for", "static_loop", "dynamic_loop", "nested_loops"}),
        ("while n > c:\n    c += 1", {"while", "augmented_assignment"}),
        ("while True:\n    break", {"while", "break", "break_in_while"}),
        ("while c:\n    if n:\n        continue", {"while", "if", "continue", "continue_in_while"}),
        ("while c:\n    for i in range(3):\n        break", {"while", "for", "static_loop", "break", "nested_loops"}),
        ("m[0, 1] = 1.0", {"multi_index_store"}),
        ("c = m[0, 1]", set()),
        ("c += 1.0", {"augmented_assignment"}),
        ("a[n] += 1.0", {"augmented_assignment", "augmented_element"}),
        ("m[n][0] += 1.0", {"augmented_assignment", "augmented_element"}),
        ("row = m[n]\nrow[0] += 1.0", {"augmented_assignment", "augmented_element"}),
        ("p.weights[0] += 1.0", {"augmented_assignment", "augmented_element", "struct_or_component_attribute"}),
        ("v[0] += 1.0", {"augmented_assignment", "augmented_component"}),
        ("v.x += 1.0", {"augmented_assignment", "augmented_component", "struct_or_component_attribute"}),
        ("v[0] = 1.0", {"component_write"}),
        ("v.x = 1.0", {"component_write", "struct_or_component_attribute"}),
        ("u = s[0].weights\nu[0] = 1.0", {"struct_or_component_attribute"}),
        ("p.mass = 1.0", {"field_write", "struct_or_component_attribute"}),
        ("wp.atomic_add(a, 0, 1.0)", {"atomic"}),
        ("c = 1.0 if n > 0 else 2.0", {"ternary"}),
        ("c = a[int(a[0])]", {"nested_subscript"}),
        ("c = m[0][1]", set()),
        ("c = wp.where(n > 0, 1.0, 2.0)", {"where"}),
        ("c = wp.static(3)", {"static"}),
        ("for i in range(wp.static(3)):\n    pass", {"for", "static_loop", "static"}),
        ("t = wp.tile_sort(a, a)", {"tile"}),
        ("t = wp.tile(n)", {"tile"}),
        ("b = wp.zeros(shape=3, dtype=float)\nb[0] = 1.0", {"local_array", "keyword_argument"}),
        ("c = a[1:3]", {"slice"}),
        ("assert n > 0", {"assert"}),
        ("print(n)", {"print"}),
        ('wp.printf("%d", n)', {"print"}),
        ('"""Sets."""\na[0] = 1.0', {"docstring"}),
        ("a[0] = 1.0  # the first", {"comment"}),
        ('wp.printf("# %d", n)', {"print"}),
    ],
)
def test_forms_of_a_kernel(body, features):
    assert set(features_used(kernel(body))) - BASE == features


@pytest.mark.parametrize(
    ("module", "body", "features"),
    [
        (function("return x"), "a[0] = f(1.0)", {"user_function_call"}),
        (function("if x > 0.0:\n    return x\nreturn 0.0"), "a[0] = f(1.0)", {"user_function_call", "early_return_in_function"}),
        (function("return x, x"), "b, c = f(1.0)", {"user_function_call", "tuple_return", "tuple_unpack"}),
        (function("return x", "def f(x: Any):"), "a[0] = f(1.0)", {"user_function_call", "generic_function"}),
        (function("return x", "def f(x: float = 1.0):"), "a[0] = f()", {"user_function_call", "default_argument"}),
        (function("return x"), "a[0] = f(x=1.0)", {"user_function_call", "keyword_argument"}),
        (function("return x") * 2, "a[0] = f(1.0)", {"user_function_call", "overloaded_function"}),
        (function("pass", decorator="@wp.func_grad(g)"), "a[0] = 1.0", {"custom_gradient"}),
        (function("pass", decorator="@wp.func_replay(g)"), "a[0] = 1.0", {"replay_function"}),
        (function("...", decorator='@wp.func_native("return x;")'), "a[0] = f(1.0)", {"native_snippet", "user_function_call"}),
        ("N = 3", "a[0] = float(N)", {"captured_constant"}),
        ("N = wp.constant(3)", "for i in range(N):\n    pass", {"captured_constant", "for", "static_loop"}),
        ("Real = wp.float32", "a[0] = Real(1.0)", set()),
        ("vec5 = wp.types.vector(length=5, dtype=float)", "b = vec5()", set()),
        (
            "def make(n: int):\n    @wp.func\n    def g(x: float):\n        return x\n    return g\n\n\ng = make(1)",
            "a[0] = g(1.0)",
            {"closure", "user_function_call"},
        ),
        ("@wp.struct\nclass Whole:\n    part: Part", "a[0] = 1.0", {"nested_struct"}),
    ],
)
def test_forms_of_a_module(module, body, features):
    assert set(features_used(kernel(body, module))) - BASE == features


def test_the_statistics_of_kernels_leave_functions_out():
    """A loop in a function is none of the kernel's, though the forms that only the module counts are found there too."""
    helper = function("while x > 0.0:\n    x = wp.where(x > 1.0, 1.0, 0.0)\n    if x > 2.0:\n        break\nreturn x")
    found = set(features_used(kernel("a[0] = f(1.0)", helper)))
    assert found & KERNEL_FORMS.keys() == {"user_function_call"}
    assert "break_in_while" in found


def test_a_kernel_that_is_made_within_a_function():
    source = "import warp as wp\n\n\ndef make():\n    @wp.kernel\n    def k(a: wp.array[float]):\n        a[wp.tid()] = wp.sin(1.0)\n"
    source += "    return k\n\n\nk = make()\n"
    assert features_used(source) == ["closure"]
    assert builtins_used(source) == ["sin", "tid"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_found_has_a_name(family):
    for index in range(5):
        source = build_named_case(3, f"{family}-{index:06d}").python_source
        found = features_used(source)
        assert found == sorted(set(found))
        assert set(found) <= FORMS.keys()
