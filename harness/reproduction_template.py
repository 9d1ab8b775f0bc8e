"""The script that `reproduction.py` completes: everything after the next marker, with the case in place of the sample below.

It is kept as a module so that it is read, linted and formatted like one. Nothing imports it.
"""

# A script for a person to read and change: its small functions are left without annotations and docstrings.
# ruff: noqa: ANN001, ANN201, D103
# mypy: ignore-errors
# --- the script ---
# Run this with Warp and numpy installed. It exits 1 if the mismatch shows, 0 if not.

import base64
import inspect
import linecache
import sys
import tempfile
import types
import zlib

import numpy as np
import warp as wp

inf, nan = np.inf, np.nan


def array(values, dtype, shape):
    return np.array(values, dtype).reshape(shape)


def unpack(packed, dtype, shape):
    return np.frombuffer(zlib.decompress(base64.b85decode(packed)), dtype).reshape(shape).copy()


# --- the case ---
DEVICE = "cpu"
KERNEL_NAME = ""
KERNEL_SOURCE = ""
REFERENCE_SOURCE = ""
# name, dtype, dimensions, role, differentiable; the fields of structs follow as leaves of their own
ARGUMENTS = []
LEAVES = []
ELEMENTWISE = False
BLOCK_DIM = None
GRADIENT_RTOL = 0.0
LAUNCHES = []
MODULES = {}
# --- end of the case ---

OUTPUTS = {name for name, _, _, role, _ in LEAVES if role != "input"}


def carried(name):
    """The module that puts arguments together from their leaves, as the run that failed did."""
    for full_name, text in MODULES.items():
        module = types.ModuleType(full_name)
        for parent in ("kernels", "generation", "generation.code"):
            sys.modules.setdefault(parent, types.ModuleType(parent))
        sys.modules[full_name] = module
        exec(compile(text, full_name, "exec"), vars(module))
    return sys.modules[name]


def leaf(name, dtype, ndim, role, differentiable):
    return types.SimpleNamespace(name=name, dtype=dtype, ndim=ndim, role=role, differentiable=differentiable)


def place(name, data, dtype, grad):
    gradient = None if grad is None else wp.array(grad, dtype=dtype, device=device())
    return wp.array(data, dtype=dtype, grad=gradient, device=device())


def define(source, filename, namespace):
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def device():
    return DEVICE if DEVICE == "cpu" or wp.is_cuda_available() else "cpu"


def widen(value):
    value = value.astype(np.float64) if value.dtype.kind == "f" else value
    return value if value.shape else value[()]


def structs(leaves):
    given = {}
    for name, value in leaves.items():
        *path, field = name.split(".")
        if not path:
            given[name] = value
            continue
        owner = given.setdefault(path[0], types.SimpleNamespace())
        for part in path[1:]:
            owner = vars(owner).setdefault(part, types.SimpleNamespace())
        setattr(owner, field, value)
    return given


def reference_outputs(values, dim):
    namespace = define(REFERENCE_SOURCE, "<reference>", {"__name__": "reference"})
    namespace.update({name: np.float64 for name in ("f32", "f16", "bf16") if name in namespace})
    given = structs({name: np.array(value) if name in OUTPUTS else value for name, value in values.items()})
    given |= {"dim": dim, "block_dim": 1 if device() == "cpu" else BLOCK_DIM}
    parameters = inspect.signature(namespace["reference"]).parameters
    with np.errstate(all="ignore"):
        return namespace["reference"](**{name: given[name] for name in parameters})


def check_launch(launch, namespace):
    values, dim, where = launch["values"], launch["dim"], f"launch {launch['number']}"
    arguments, leaves = [leaf(*a) for a in ARGUMENTS], [leaf(*a) for a in LEAVES]
    assembly = carried("generation.code.assembly").Assembly(arguments, leaves, values, launch["cotangents"], namespace, place)
    tape = wp.Tape()
    with tape:
        if BLOCK_DIM is None:
            wp.launch(namespace[KERNEL_NAME], dim=dim, inputs=assembly.inputs, device=device())
        else:
            wp.launch_tiled(namespace[KERNEL_NAME], dim=dim, inputs=assembly.inputs, block_dim=BLOCK_DIM, device=device())
    wide = {name: widen(value) for name, value in values.items()}
    expected = reference_outputs(wide, dim)
    differs = False
    for name, _, ndim, role, _ in LEAVES:
        if not ndim:
            continue
        got = assembly.arrays[name].read()
        if role == "input":
            wrong = np.frombuffer(got.tobytes(), np.uint8) != np.frombuffer(values[name].tobytes(), np.uint8)
            if wrong.any():
                differs = True
                print(f"{where}: input {name} was written")
        elif name in launch["bounds"]:
            bound = launch["bounds"][name]
            error = np.where(np.isfinite(got), np.abs(got.astype(np.float64) - expected[name]), np.inf)
            differs |= report(f"{where}: {name}", error > bound, got, expected[name], bound)
        else:
            differs |= report(f"{where}: {name}", got != expected[name], got, expected[name], np.zeros(got.shape))
    if launch["directions"] and not differs:
        differs = check_gradients(launch, assembly, tape, wide)
    return differs


def report(where, wrong, got, expected, bound):
    for index in np.argwhere(wrong)[:10]:
        at = tuple(index)
        print(f"{where}{[int(i) for i in at]}: got {got[at]!r}, expected {expected[at]!r}, bound {bound[at]:.3g}")
    if wrong.any():
        print(f"{where}: {int(wrong.sum())} of {wrong.size} elements differ")
    return bool(wrong.any())


def check_gradients(launch, assembly, tape, wide):
    tape.backward()
    differs = False
    for label, step, vectors, slack, clean in launch["directions"]:
        gradients = {name: assembly.arrays[name].gradient().astype(np.float64) for name in vectors}
        if not all(np.isfinite(g).all() for g in gradients.values()):
            print(f"launch {launch['number']}: the gradient is not finite ({label})")
            differs = True
            continue
        terms = [gradients[name] * d for name, d in vectors.items()]
        if ELEMENTWISE:
            by_lane = [t.reshape(len(clean), -1) for t in terms]
            kernel, size = sum(t.sum(axis=1) for t in by_lane), sum(np.abs(t).sum(axis=1) for t in by_lane)
        else:
            flat = np.concatenate([t.ravel() for t in terms])
            kernel, size = np.array([flat.sum()]), np.array([np.linalg.norm(flat)])
        coarse, fine = slope(launch, wide, vectors, step, len(clean)), slope(launch, wide, vectors, step / 2.0, len(clean))
        expected = np.where(clean, (4.0 * fine - coarse) / 3.0, kernel)
        bound = GRADIENT_RTOL * size + slack
        wrong = clean & (np.abs(kernel - expected) > bound)
        differs |= report(f"launch {launch['number']}: gradient along {label}, lane ", wrong, kernel, expected, bound)
    return differs


def slope(launch, wide, vectors, h, lanes):
    sides = []
    for t in (h, -h):
        outputs = reference_outputs({**wide, **{name: wide[name] + t * d for name, d in vectors.items()}}, launch["dim"])
        weighted = [c.astype(np.float64) * outputs[name] for name, c in launch["cotangents"].items()]
        if ELEMENTWISE:
            sides.append(sum(w.reshape(lanes, -1).sum(axis=1) for w in weighted))
        else:
            sides.append(np.concatenate([w.ravel() for w in weighted]))
    difference = (sides[0] - sides[1]) / (2.0 * h)
    return difference if ELEMENTWISE else np.array([difference.sum()])


def main():
    if device() != DEVICE:
        print("There is no GPU here, so this runs what Warp makes for the CPU; the mismatch was seen in the CUDA text, run on the host.")
    with tempfile.TemporaryDirectory() as folder:
        wp.config.kernel_cache_dir = folder
        namespace = define(KERNEL_SOURCE, "<kernel>", {"wp": wp, "__name__": "reproduced"})
        differs = [check_launch(launch, namespace) for launch in LAUNCHES]
    print("the mismatch shows" if any(differs) else "no mismatch")
    return 1 if any(differs) else 0


if __name__ == "__main__":
    sys.exit(main())
