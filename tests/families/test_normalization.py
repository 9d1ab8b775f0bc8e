"""The normalization family: moments of what comes out, and the threads run one by one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.normalization.layers import standardize
from kernels.families.normalization.slices import Slices
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract() -> None:
    check_contract("normalization")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("normalization", cases("normalization", 60), run, at_least=12)


def test_normalized_slices_have_mean_zero_and_variance_one() -> None:
    checked = 0
    for index in range(40):
        case = standardize(Draw(5, "normalization", index))
        # The reference up to where it has standardized the values, whatever comes behind.
        standardized = "\n    return {'all': (values - mean) * inverse, 'var': var}\n"
        source = re.sub(r"\n    \w+ = \(values - mean\) \* inverse\n(?:.|\n)*", standardized, case.reference_source)
        scope: dict = {}
        exec(source, scope)
        values, _ = run(case)
        function = scope["reference"]
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        found = function(**{n: case.launches[2].dim if n == "dim" else values[n] for n in names})
        axes = tuple(a for a in range(found["var"].ndim) if found["var"].shape[a] == 1)
        assert np.abs(found["all"].mean(axis=axes)).max() < 1e-4, case.id
        expected = found["all"].var(axis=axes)
        assert np.all((expected <= 1.0 + 1e-3) & (expected > 0.2) | (found["var"].squeeze(axes) < 0.05)), case.id
        checked += 1
    assert checked == 40


@pytest.mark.parametrize("name", ["rows", "columns", "instance", "instance_nhwc", "batch", "filters", "groups"])
def test_kernel_loops_reduce_the_axes_that_the_reference_does(name: str) -> None:
    draft = Draft(Draw(1, "normalization", 0))
    slices = Slices(draft, static=True, kinds=(name,))
    slices.array("data", draft.real)
    sizes = {"batch": 2, "groups": 2, "channels": 3, "length": 4, "height": 2, "width": 3, "rows": 3, "cols": 4, "n": 3, "num_tokens": 3}
    sizes |= {"features": 4, "steps": 4, "out_channels": 3, "dim_size": 4, "hidden_size": 4}
    shape = tuple(e if isinstance(e, int) else eval(e, {}, sizes) for e in slices.extents)
    data = np.random.default_rng(0).uniform(size=shape)
    dim = tuple(sizes[n] for n in slices.kept_extents)
    expected = np.sum(eval(slices.whole("data"), {"data": data, "dim": dim}), axis=eval(slices.axes))
    lines = slices.looped([f"total[0] += data[{slices.at}]"])
    for here in np.ndindex(*dim):
        total = [0.0]
        exec("\n".join(lines), {"data": data, "total": total, **dict(zip(slices.threads_of, here, strict=True))})
        assert total[0] == pytest.approx(expected[here])
