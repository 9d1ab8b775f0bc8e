"""Faults to plant in Warp: in its CUDA code generation, and in the C++ headers that the generated code runs.

Each is a mistake that a compiler's author could make: a sign, a dropped term, a wrong index, a lost update. The texts are those of
warp-lang 1.19. `harness.report` counts how many of them the oracle catches on a machine without a GPU.
"""

from __future__ import annotations

from tests.faults.faulty_warp import Fault

CODEGEN = "_src/codegen.py"
BUILTIN = "native/builtin.h"
ARRAY = "native/array.h"
VEC = "native/vec.h"
TILE = "native/tile.h"

_STRIDE = "_idx += static_cast<size_t>(blockDim.x) * static_cast<size_t>(gridDim.x))"
_START = "static_cast<size_t>(blockDim.x) * static_cast<size_t>(blockIdx.x) + static_cast<size_t>(threadIdx.x);"

FAULTS = (
    # Code generation.
    Fault("the grid's stride forgets the blocks", CODEGEN, _STRIDE, "_idx += static_cast<size_t>(blockDim.x))", 2),
    Fault("the grid's loop goes one too far", CODEGEN, "         _idx < dim.size;", "         _idx <= dim.size;", 2),
    Fault("the grid's loop ends early", CODEGEN, "         _idx < dim.size;", "         _idx + 1 < dim.size;", 2),
    Fault("the block's number is left out", CODEGEN, _START, "static_cast<size_t>(threadIdx.x);", 2),
    Fault(
        "a return leaves the whole grid's loop",
        CODEGEN,
        'lines += [f.replace("return;", "continue;") + "\\n"]',
        'lines += [f + "\\n"]',
    ),
    Fault(
        "the backward pass is not reversed",
        CODEGEN,
        "for l in reversed(adj.blocks[0].body_reverse):",
        "for l in adj.blocks[0].body_reverse:",
    ),
    Fault(
        "the adjoint of every product is lost",
        CODEGEN,
        '        lines += [l + "\\n"]\n\n    if grid_stride',
        '        lines += [l + "\\n"] if "adj_mul(" not in l else []\n\n    if grid_stride',
    ),
    Fault("two of a grid's coordinates change places", CODEGEN, "wp::tid(x, y, _idx, dim)\n", "wp::tid(y, x, _idx, dim)\n"),
    # Atomics and arrays.
    Fault(
        "an atomic addition is lost",
        BUILTIN,
        "    T old = buf[0];\n    buf[0] += value;\n    return old;\n#else\n    return atomicAdd(buf, value);",
        "    T old = buf[0];\n    buf[0] = value;\n    return old;\n#else\n    return atomicAdd(buf, value);",
    ),
    Fault(
        "an atomic addition in double is lost",
        BUILTIN,
        "    float64 old = buf[0];\n    buf[0] += value;",
        "    float64 old = buf[0];\n    buf[0] = value;",
    ),
    Fault(
        "an atomic subtraction adds",
        ARRAY,
        "    return atomic_add(&index(buf, i), -value);",
        "    return atomic_add(&index(buf, i), value);",
    ),
    Fault(
        "an atomic maximum of floats takes the minimum",
        BUILTIN,
        "    float old = *address;\n    *address = max(old, val);",
        "    float old = *address;\n    *address = min(old, val);",
    ),
    Fault(
        "an adjoint is stored where it should be added",
        ARRAY,
        "adj_atomic_add(T* buf, T value) { atomic_add(buf, value); }",
        "adj_atomic_add(T* buf, T value) { *buf = value; }",
    ),
    Fault(
        "a two-dimensional index swaps its strides",
        ARRAY,
        "    return i * stride(arr, 0) + j * stride(arr, 1);\n",
        "    return i * stride(arr, 1) + j * stride(arr, 0);\n",
    ),
    Fault(
        "a three-dimensional index drops its last axis",
        ARRAY,
        "    return i * stride(arr, 0) + j * stride(arr, 1) + k * stride(arr, 2);\n",
        "    return i * stride(arr, 0) + j * stride(arr, 1);\n",
    ),
    Fault(
        "the adjoint of a load goes to the wrong element",
        ARRAY,
        "        adj_atomic_add(&index(adj_buf, i), adj_output);",
        "        adj_atomic_add(&index(adj_buf, 0), adj_output);",
    ),
    Fault(
        "the adjoint of a store is dropped",
        ARRAY,
        "        T& g = index(adj_buf, i);\n        adj_value += g;",
        "        T& g = index(adj_buf, i);",
    ),
    Fault("a grid's last coordinate is not divided out", BUILTIN, "        linear /= bounds.shape[2];\n", ""),
    Fault(
        "the device's atomic addition is none",
        BUILTIN,
        "#else\n    return atomicAdd(buf, value);",
        "#else\n    T old = buf[0];\n    buf[0] = old + value;\n    return old;",
    ),
    # Scalars.
    Fault(
        "the adjoint of a product drops a factor",
        BUILTIN,
        "{ adj_a += b*adj_ret; adj_b += a*adj_ret; }",
        "{ adj_a += b*adj_ret; adj_b += adj_ret; }",
    ),
    Fault(
        "the adjoint of a difference has the wrong sign",
        BUILTIN,
        "{ adj_a += adj_ret; adj_b -= adj_ret; }",
        "{ adj_a += adj_ret; adj_b += adj_ret; }",
    ),
    Fault(
        "the adjoint of a quotient has the wrong sign", BUILTIN, "    adj_b -= adj_ret*(ret)/b;\\\n", "    adj_b += adj_ret*(ret)/b;\\\n"
    ),
    Fault(
        "the adjoint of a minimum goes to the other operand",
        BUILTIN,
        "    else if (a < b) \\\n        adj_a",
        "    else if (a > b) \\\n        adj_a",
    ),
    Fault(
        "the adjoint of a clamp forgets the lower bound",
        BUILTIN,
        "    adj_max(a, x, adj_a, adj_x, adj_m); \\\n",
        "    adj_x += adj_m; \\\n",
    ),
    Fault(
        "the adjoint of an absolute value ignores the sign",
        BUILTIN,
        "    if (x < T(0))\\\n        adj_x -= adj_ret;",
        "    if (x < T(0))\\\n        adj_x += adj_ret;",
    ),
    Fault("the adjoint of sin has the wrong sign", BUILTIN, "    adj_x += cos(x)*adj_ret;\\\n", "    adj_x -= cos(x)*adj_ret;\\\n"),
    Fault(
        "the adjoint of tanh drops a term", BUILTIN, "    adj_x += (T(1) - ret*ret)*adj_ret;\\\n", "    adj_x += (T(1) - ret)*adj_ret;\\\n"
    ),
    Fault(
        "the adjoint of a square root drops its half",
        BUILTIN,
        "    adj_x += T(0.5)*(T(1)/ret)*adj_ret;\\\n",
        "    adj_x += (T(1)/ret)*adj_ret;\\\n",
    ),
    Fault(
        "the adjoint of a power drops its exponent",
        BUILTIN,
        "    adj_a += b*pow(a, b-T(1))*adj_ret;\\\n",
        "    adj_a += pow(a, b-T(1))*adj_ret;\\\n",
    ),
    Fault("the adjoint of a negation has the wrong sign", BUILTIN, "    adj_x += T(-adj_ret);\n", "    adj_x += T(adj_ret);\n"),
    Fault(
        "the adjoint of an interpolation drops a term", BUILTIN, "    adj_t += b*adj_ret - a*adj_ret;\\\n", "    adj_t += b*adj_ret;\\\n"
    ),
    # Vectors and matrices.
    Fault(
        "the adjoint of a dot product takes the wrong operand",
        VEC,
        "    adj_b.c[1] += a.c[1] * adj_ret;\n    adj_b.c[2]",
        "    adj_b.c[1] += b.c[1] * adj_ret;\n    adj_b.c[2]",
    ),
    Fault("the adjoint of a vector difference skips a component", VEC, "    adj_b.c[2] -= adj_ret.c[2];\n", "", 1),
    Fault(
        "the adjoint of a cross product has the wrong sign", VEC, "    adj_b -= cross(a, adj_ret);\n", "    adj_b += cross(a, adj_ret);\n"
    ),
    Fault(
        "the adjoint of a length is not divided by it", VEC, "        adj_a += div(a, ret) * adj_ret;\n", "        adj_a += a * adj_ret;\n"
    ),
    Fault("the adjoint of normalize drops the projection", VEC, "(adj_ret * invd - ret * (dot(ret, adj_ret)) * invd)", "(adj_ret * invd)"),
    # Tiles.
    Fault("the threads of a block do not wait for each other", TILE, "        ::wp_cpu_tile_sync();\n", "        ;\n"),
    Fault(
        "a product of tiles reads its left operand by the wrong stride",
        "native/tile_matmul.h",
        "    constexpr int sa0 = LayoutA::Stride::dim(0);\n",
        "    constexpr int sa0 = LayoutA::Stride::dim(1);\n",
    ),
)
