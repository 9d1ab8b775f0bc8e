"""The statement forms of the kernel language: what a program can show, by name.

`harness.features` finds them in a program's text, the records keep them in the column `features`, and the ledger of coverage counts them.
"""

from __future__ import annotations

KERNEL_FORMS: dict[str, str] = {
    "if": "an `if` statement",
    "early_return": "a return that is not the kernel's last statement",
    "user_function_call": "a call of a function of the module",
    "tuple_unpack": "an assignment to several names at once",
    "and_or": "`and` or `or`",
    "struct_or_component_attribute": "an attribute of a value, such as `body.mass` or `v.x`",
    "for": "a `for` loop",
    "multi_index_store": "a store to `a[i, j]`",
    "augmented_assignment": "`+=` and its like",
    "else": "an `else` or `elif`",
    "atomic": "a call of `wp.atomic_...`",
    "while": "a `while` loop",
    "continue": "`continue`",
    "ternary": "a conditional expression",
    "nested_subscript": "a subscript within an index, `a[b[i]]`",
    "where": "`wp.where`",
    "static": "`wp.static`",
    "break": "`break`",
    "tile": "a tile operation",
}
"""Forms of the kernel's own body, functions aside: those whose shares among real kernels are known (`kernels.coverage.profile`)."""

MODULE_FORMS: dict[str, str] = {
    "elif": "an `elif`",
    "chained_comparison": "`a < b < c`",
    "not": "`not`",
    "nested_loops": "a loop within a loop",
    "static_loop": "a loop over a range of constants",
    "dynamic_loop": "a loop over a range that depends on a value",
    "range_with_step": "a range with a step",
    "negative_step": "a range that goes backwards",
    "break_in_while": "a `while` loop that is left by `break`",
    "continue_in_while": "a `while` loop with `continue`",
    "component_write": "a store to a component of a vector or matrix, `v[0] = x` or `v.x = x`",
    "augmented_component": "`v[0] += x` or `v.x += x`",
    "augmented_element": "`a[i] += x` on an array",
    "field_write": "a store to a field of a struct",
    "local_array": "an array of the kernel's own, `wp.zeros`",
    "multi_dimensional_tid": "`i, j = wp.tid()`",
    "shape_query": "`a.shape` or `len(a)`",
    "slice": "a slice, `a[i:j]`",
    "keyword_argument": "an argument given by its name",
    "default_argument": "a function's parameter with a default",
    "early_return_in_function": "a return that is not a function's last statement",
    "tuple_return": "a function that returns several values",
    "generic_function": "a function with a parameter of type `Any` or the like",
    "overloaded_function": "several functions of one name",
    "captured_constant": "a constant of the module",
    "closure": "a kernel or function that is made within a function",
    "custom_gradient": "a gradient written by hand, `@wp.func_grad`",
    "replay_function": "`@wp.func_replay`",
    "native_snippet": "a function in C++, `@wp.func_native`",
    "struct_argument": "a struct as an argument of the kernel",
    "nested_struct": "a struct in a struct",
    "array_in_struct": "an array in a struct",
    "array_of_structs": "an array of structs",
    "print": "`wp.printf` or `print`",
    "assert": "`assert`",
    "docstring": "a docstring",
    "comment": "a comment",
}
"""Forms of the whole module: kernel, functions and structs."""

FORMS: dict[str, str] = KERNEL_FORMS | MODULE_FORMS
"""Every form, and what it is."""
