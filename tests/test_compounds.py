"""Compound arguments: meshes, trees, grids, volumes, textures and views are built from their leaves, and their leaves come back.

CUDA runs on the host here, where it queries the objects of the CPU.
"""

from __future__ import annotations

import numpy as np
import pytest

from generation.code.job import Job, LaunchData, Outcome
from generation.code.settings import Settings
from harness.isolation import BatchRunner
from kernels.case import Argument, Case, Launch
from kernels.domains import Constant, Struct, Written
from kernels.dtypes import dtype_of
from kernels.surfaces import surface

RNG = np.random.default_rng(5)
N = 6
OUT = Argument("out", "float32", 1, "output", True)
ANY = Constant(0)
"""Stands for a domain where values are given."""


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def runner(request):
    with BatchRunner(request.param, Settings(optimization_level=0)) as runner:
        yield runner


def run(runner: BatchRunner, arguments: list[tuple[Argument, str]], fields: dict, values: dict, body: str, cotangents: dict | None = None):
    """Runs a kernel over N threads; `fields` has (name, dtype, domain) for each compound. Gives arrays and gradients."""
    names = ", ".join(f"{a.name}: {annotation}" for a, annotation in arguments)
    text = f"import warp as wp\n\n\n@wp.kernel\ndef k({names}):\n    i = wp.tid()\n{body}"
    shapes = {}
    for argument, _ in arguments:
        shapes[argument.name] = np.shape(values[argument.name])[: argument.ndim] if argument.name in values else ()
        for name, dtype, _ in fields.get(argument.name, ()):
            shape = np.shape(values[f"{argument.name}.{name}"])
            shapes[f"{argument.name}.{name}"] = shape[: len(shape) - len(dtype_of(dtype).inner)]
    domains = {name: Struct(tuple(parts)) for name, parts in fields.items()}
    case = Case("compounds", 0, 0, "k", text, "", tuple(a for a, _ in arguments), (Launch((N,), shapes, domains),))
    outcome: Outcome = runner.run([Job(case, (LaunchData((N,), values, cotangents or {}),))])[case.id]
    assert outcome.failure is None
    return outcome.launches[0]


def unchanged(arrays: dict, values: dict, *names: str) -> None:
    for name in names:
        np.testing.assert_array_equal(arrays[name], values[name])


def test_a_mesh_is_queried_and_its_points_get_gradients(runner):
    points, triangles = surface("sphere", 4, 6)
    values = {
        "mesh.points": points.astype(np.float32),
        "mesh.velocities": RNG.uniform(-1, 1, points.shape).astype(np.float32),
        "mesh.indices": triangles.ravel().astype(np.int32),
        "mesh.winding": np.bool_(True),
        "mesh.leaf_size": np.int32(2),
        "x": RNG.uniform(1.2, 1.5, (N, 3)).astype(np.float32),
        "out": np.full(N, np.nan, np.float32),
    }
    body = (
        "    q = wp.mesh_query_point_sign_winding_number(mesh, x[i], 10.0)\n"
        "    there = wp.mesh_eval_position(mesh, q.face, q.u, q.v)\n"
        "    first = wp.mesh_get(mesh).points[0]\n"
        "    speed = wp.mesh_eval_velocity(mesh, q.face, q.u, q.v)\n"
        "    out[i] = wp.length(x[i] - there) * q.sign + 2.0 * first[0] + 0.0 * speed[0]\n"
    )
    arguments = [
        (Argument("mesh", "mesh", 0, differentiable=True), "wp.uint64"),
        (Argument("x", "vec3f", 1, differentiable=True), "wp.array(dtype=wp.vec3)"),
        (OUT, "wp.array(dtype=float)"),
    ]
    fields = {
        "mesh": [("points", "vec3f", ANY), ("velocities", "vec3f", ANY), ("indices", "int32", ANY)],
    }
    fields["mesh"] += [("winding", "bool", ANY), ("leaf_size", "int32", ANY)]
    done = run(runner, arguments, fields, values, body, {"out": np.ones(N, np.float32)})
    corners = points[triangles]
    samples = np.concatenate([corners.reshape(-1, 3), corners.mean(axis=1), (0.5 * (corners + corners[:, [1, 2, 0]])).reshape(-1, 3)])
    nearest = np.linalg.norm(values["x"][:, None] - samples, axis=2).min(axis=1)
    assert (np.abs(done.arrays["out"] - nearest) < 0.3).all()
    unchanged(done.arrays, values, "mesh.points", "mesh.velocities", "mesh.indices", "x")
    assert done.gradients["mesh.points"][0, 0] == 2.0 * N
    assert np.abs(done.gradients["x"]).max() > 0.1


def test_a_tree_is_built_over_the_kernels_own_arrays(runner):
    lowers = RNG.uniform(-1, 1, (20, 3)).astype(np.float32)
    values = {
        "lowers": lowers,
        "uppers": lowers + np.float32(0.5),
        "tree.groups": (np.arange(20) % 2).astype(np.int32),
        "out": np.zeros(N, np.float32),
    }
    body = (
        "    root = wp.bvh_get_group_root(tree, i % 2)\n"
        "    query = wp.bvh_query_aabb(tree, lowers[i], uppers[i], root)\n"
        "    j = int(0)\n"
        "    while wp.bvh_query_next(query, j):\n"
        "        out[i] += 1.0 + uppers[j][0] - lowers[j][0]\n"
    )
    vectors = "wp.array(dtype=wp.vec3)"
    arguments = [
        (Argument("tree", "bvh:lowers=lowers,uppers=uppers", 0), "wp.uint64"),
        (Argument("lowers", "vec3f", 1), vectors),
        (Argument("uppers", "vec3f", 1), vectors),
        (Argument("out", "float32", 1, "accumulate"), "wp.array(dtype=float)"),
    ]
    done = run(runner, arguments, {"tree": [("groups", "int32", ANY)]}, values, body)
    uppers = values["uppers"]
    meets = ((lowers[:N, None] <= uppers[None]) & (uppers[:N, None] >= lowers[None])).all(axis=2)
    meets &= (np.arange(N)[:, None] % 2) == (np.arange(20)[None] % 2)
    np.testing.assert_allclose(done.arrays["out"], 1.5 * meets.sum(axis=1), rtol=1e-5)
    unchanged(done.arrays, values, "lowers", "uppers", "tree.groups")


@pytest.mark.parametrize(("suffix", "scalar"), [("f", np.float32), ("d", np.float64)])
def test_a_hash_grid_finds_neighbours_and_lets_gradients_through(runner, suffix, scalar):
    values = {
        "x": RNG.uniform(-0.5, 0.5, (N, 3)).astype(scalar),
        "grid.cell_width": scalar(0.4),
        "grid.dims": np.array([4, 5, 6], np.int32),
        "out": np.full(N, np.nan, scalar),
    }
    real, name = ("wp.float32", "float32") if suffix == "f" else ("wp.float64", "float64")
    body = (
        f"    total = {real}(0.0)\n"
        f"    query = wp.hash_grid_query(grid, x[i], {real}(0.4))\n"
        "    for j in query:\n"
        "        d = x[i] - x[j]\n"
        f"        if wp.dot(d, d) < {real}(0.16):\n"
        "            total += wp.dot(d, d)\n"
        "    out[i] = total\n"
    )
    arguments = [
        (Argument("grid", "hash_grid:points=x", 0), "wp.uint64"),
        (Argument("x", f"vec3{suffix}", 1, differentiable=True), f"wp.array(dtype=wp.vec3{suffix})"),
        (Argument("out", name, 1, "output", True), f"wp.array(dtype={real})"),
    ]
    fields = {"grid": [("cell_width", name, ANY), ("dims", "vec3i", ANY)]}
    done = run(runner, arguments, fields, values, body, {"out": np.ones(N, scalar)})
    difference = values["x"][:, None] - values["x"][None]
    square = (difference**2).sum(axis=2)
    near = square < 0.16
    np.testing.assert_allclose(done.arrays["out"], np.where(near, square, 0.0).sum(axis=1), rtol=1e-5)
    gradient = 4.0 * np.where(near[..., None], difference, 0.0).sum(axis=1)
    np.testing.assert_allclose(done.gradients["x"], gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "scalar", "read"),
    [
        ("float32", np.float32, "wp.volume_lookup_f(volume, p[0], p[1], p[2])"),
        ("float64", np.float64, "float(wp.volume_lookup(volume, p[0], p[1], p[2], dtype=wp.float64))"),
        ("int32", np.int32, "float(wp.volume_lookup_i(volume, p[0], p[1], p[2]))"),
        ("vec3f", np.float32, "wp.volume_lookup_v(volume, p[0], p[1], p[2])[1]"),
        ("vec4d", np.float64, "float(wp.volume_lookup(volume, p[0], p[1], p[2], dtype=wp.vec4d)[1])"),
        ("int64", np.int64, "float(wp.volume_lookup(volume, p[0], p[1], p[2], dtype=wp.int64))"),
    ],
)
def test_a_volume_has_the_values_of_its_tiles(runner, dtype, scalar, read):
    inner = (int(dtype[3]),) if dtype.startswith("vec") else ()
    tiles = np.array([[16, 0, 8], [-8, 0, 0], [0, 0, 0]], np.int32)
    blocks = RNG.integers(1, 90, (3, 8, 8, 8, *inner)).astype(scalar)
    places = np.array([[17, 3, 9], [-1, 7, 0], [3, 4, 5], [40, 0, 0], [0, 0, 0], [-8, 0, 7]], np.int32)
    values = {
        "volume.tiles": tiles,
        "volume.values": blocks,
        "volume.background": np.full(inner, 7, scalar)[()],
        "volume.voxel_size": np.array([0.5, 0.25, 0.125], np.float32),
        "places": places,
        "out": np.full(N, np.nan, np.float32),
    }
    arguments = [
        (Argument("volume", "volume", 0), "wp.uint64"),
        (Argument("places", "vec3i", 1), "wp.array(dtype=wp.vec3i)"),
        (OUT, "wp.array(dtype=float)"),
    ]
    fields = {
        "volume": [("tiles", "vec3i", ANY), ("values", dtype, ANY), ("background", dtype, ANY), ("voxel_size", "vec3f", ANY)],
    }
    values_shape = {"volume.values": (3, 8, 8, 8)}
    done = _run_volume(runner, arguments, fields, values, f"    p = places[i]\n    out[i] = {read}\n", values_shape)
    at = {tuple(t): b for t, b in zip(tiles.tolist(), blocks, strict=True)}
    expected = [np.ravel(at[tuple(p // 8 * 8)][tuple(p % 8)])[-1 if not inner else 1] if tuple(p // 8 * 8) in at else 7 for p in places]
    np.testing.assert_array_equal(done.arrays["out"], np.array(expected, np.float32))
    unchanged(done.arrays, values, "volume.values", "volume.tiles")


def _run_volume(runner, arguments, fields, values, body, shapes):
    """As `run`, with the shapes of a volume's values told."""
    names = ", ".join(f"{a.name}: {annotation}" for a, annotation in arguments)
    text = f"import warp as wp\n\n\n@wp.kernel\ndef k({names}):\n    i = wp.tid()\n{body}"
    all_shapes = {"volume": (), "volume.tiles": (len(values["volume.tiles"]),), "places": (N,), "out": (N,), **shapes}
    launch = Launch((N,), all_shapes, {"volume": Struct(tuple(fields["volume"]))})
    case = Case("compounds", 0, 0, "k", text, "", tuple(a for a, _ in arguments), (launch,))
    outcome = runner.run([Job(case, (LaunchData((N,), values, {}),))])[case.id]
    assert outcome.failure is None
    return outcome.launches[0]


def test_a_kernel_writes_a_volume(runner):
    places = np.array([[0, 0, 0], [1, 2, 3], [7, 7, 7], [0, 1, 0], [5, 0, 2], [9, 9, 9]], np.int32)
    values = {
        "volume.tiles": np.zeros((1, 3), np.int32),
        "volume.values": np.zeros((1, 8, 8, 8), np.float32),
        "volume.background": np.float32(0.0),
        "volume.voxel_size": np.ones(3, np.float32),
        "places": places,
        "out": np.full(N, np.nan, np.float32),
    }
    arguments = [
        (Argument("volume", "volume", 0), "wp.uint64"),
        (Argument("places", "vec3i", 1), "wp.array(dtype=wp.vec3i)"),
        (OUT, "wp.array(dtype=float)"),
    ]
    fields = {
        "volume": [
            ("tiles", "vec3i", ANY),
            ("values", "float32", Written("accumulate")),
            ("background", "float32", ANY),
            ("voxel_size", "vec3f", ANY),
        ]
    }
    body = "    p = places[i]\n    wp.volume_store_f(volume, p[0], p[1], p[2], 1.0 + float(i))\n    out[i] = 0.0\n"
    done = _run_volume(runner, arguments, fields, values, body, {"volume.values": (1, 8, 8, 8)})
    expected = np.zeros((8, 8, 8), np.float32)
    expected[tuple(places[:5].T)] = 1.0 + np.arange(5)
    np.testing.assert_array_equal(done.arrays["volume.values"][0], expected)


def test_an_index_volume_counts_its_voxels_in_their_order(runner):
    voxels = np.array([[0, 0, 1], [0, 3, 2], [5, 0, 0], [0, 0, 9], [9, 1, 1]], np.int32)
    values = {
        "volume.voxels": voxels,
        "places": np.concatenate([voxels, [[4, 4, 4]]]).astype(np.int32),
        "out": np.full(N, np.nan, np.float32),
    }
    arguments = [
        (Argument("volume", "volume", 0), "wp.uint64"),
        (Argument("places", "vec3i", 1), "wp.array(dtype=wp.vec3i)"),
        (OUT, "wp.array(dtype=float)"),
    ]
    body = "    p = places[i]\n    out[i] = float(wp.volume_lookup_index(volume, p[0], p[1], p[2]))\n"
    done = run(runner, arguments, {"volume": [("voxels", "vec3i", ANY)]}, values, body)
    assert done.arrays["out"].tolist() == [0, 1, 2, 3, 4, -1]


@pytest.mark.parametrize(("dtype", "scalar", "scale"), [("float32", np.float32, 1.0), ("uint8", np.uint8, 255.0)])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_texture_has_its_texels(runner, axes, dtype, scalar, scale):
    shape = (3, 4, 5)[-axes:]
    texels = RNG.integers(1, 200, shape).astype(scalar)
    values = {
        "tex.texels": texels,
        "tex.filter": np.int32(0),
        "tex.normalized": np.bool_(False),
        "out": np.full(N, np.nan, np.float32),
    }
    arguments = [(Argument("tex", f"texture{axes}d", 0), f"wp.Texture{axes}D"), (OUT, "wp.array(dtype=float)")]
    fields = {"tex": [("texels", dtype, ANY), ("filter", "int32", ANY), ("normalized", "bool", ANY)]}
    at = ["float(i % 5) + 0.5", "float(i % 4) + 0.5", "float(i % 3) + 0.5"][:axes]
    done = run(runner, arguments, fields, values, f"    out[i] = wp.texture_sample(tex, {', '.join(at)}, dtype=float)\n")
    i = np.arange(N)
    expected = texels[(i % 3, i % 4, i % 5)[3 - axes :]].astype(np.float64) / scale
    np.testing.assert_allclose(done.arrays["out"], expected, rtol=1e-6)
    unchanged(done.arrays, values, "tex.texels")


def test_a_texture_has_channels_and_levels(runner):
    texels = RNG.uniform(0.0, 1.0, (4, 8, 2)).astype(np.float32)
    values = {
        "tex.texels": texels,
        "tex.mip_levels": np.int32(3),
        "tex.address": np.array([1, 1], np.int32),
        "out": np.full((N, 2), np.nan, np.float32),
    }
    arguments = [(Argument("tex", "texture2d", 0), "wp.Texture2D"), (Argument("out", "vec2f", 1, "output"), "wp.array(dtype=wp.vec2)")]
    fields = {"tex": [("texels", "vec2f", ANY), ("mip_levels", "int32", ANY), ("address", "vec2i", ANY)]}
    body = "    uv = wp.vec2((float(i % 4) + 0.5) / 4.0, (float(i % 2) + 0.5) / 2.0)\n"
    body += "    out[i] = wp.texture_sample(tex, uv, dtype=wp.vec2, lod=1.0)\n"
    done = run(runner, arguments, fields, values, body)
    coarse = texels.reshape(2, 2, 4, 2, 2).astype(np.float64).mean(axis=(1, 3))
    i = np.arange(N)
    np.testing.assert_allclose(done.arrays["out"], coarse[i % 2, i % 4], rtol=1e-6)
    unchanged(done.arrays, values, "tex.texels")


def test_views_show_a_part_of_an_array(runner):
    values = {
        "picked.data": np.arange(20, dtype=np.float32),
        "picked.indices": np.array([7, 3, 19, 0, 5, 7], np.int32),
        "spaced.data": np.arange(13, dtype=np.float32),
        "spaced.start": np.int32(1),
        "spaced.step": np.int32(2),
        "out": np.full(N, np.nan, np.float32),
    }
    arguments = [
        (Argument("picked", "indexed", 1), "wp.indexedarray(dtype=float)"),
        (Argument("spaced", "strided", 1, differentiable=True), "wp.array(dtype=float)"),
        (OUT, "wp.array(dtype=float)"),
    ]
    fields = {
        "picked": [("data", "float32", ANY), ("indices", "int32", ANY)],
        "spaced": [("data", "float32", ANY), ("start", "int32", ANY), ("step", "int32", ANY)],
    }
    done = run(runner, arguments, fields, values, "    out[i] = 2.0 * picked[i] + 100.0 * spaced[i]\n", {"out": np.ones(N, np.float32)})
    np.testing.assert_array_equal(done.arrays["out"], 2.0 * values["picked.indices"] + 100.0 * np.arange(1, 13, 2))
    unchanged(done.arrays, values, "picked.data", "picked.indices", "spaced.data")
    np.testing.assert_array_equal(done.gradients["spaced.data"], np.where(np.arange(13) % 2 == 1, 100.0, 0.0))
