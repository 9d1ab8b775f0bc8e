"""The family of Fourier transforms of tiles."""

import numpy as np
import pytest

from kernels.families.tile_fourier.spectra import _DFT
from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_fourier")


def test_references_agree_with_running_the_blocks_one_by_one():
    """The single precision of the transforms goes on through all that follows."""
    check_against_blocks("tile_fourier", cases("tile_fourier", 40), run, at_least=20, within=2e-3)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-5)])
@pytest.mark.parametrize(("sign", "transform"), [(-1.0, np.fft.fft), (1.0, lambda z: np.fft.ifft(z, norm="forward"))])
@pytest.mark.parametrize("length", [8, 32])
def test_the_sums_of_the_definition_are_the_transform(dtype, rtol, sign, transform, length):
    scope = {"np": np}
    exec("def dft(z, sign):\n" + "\n".join(f"    {line}" for line in _DFT), scope)
    z = np.random.default_rng(1).standard_normal((3, 2, length, 2)).astype(dtype)
    found = scope["dft"](z, sign)
    expected = transform(z[..., 0].astype(float) + 1j * z[..., 1])
    assert found.dtype == dtype
    np.testing.assert_allclose(found[..., 0] + 1j * found[..., 1], expected, rtol=rtol, atol=rtol * length)


def test_lengths_are_powers_of_two_that_blocks_divide():
    for case in cases("tile_fourier", 40):
        lengths = {shape[-1] for shape in case.launches[0].shapes.values() if len(shape) > 1}
        assert all(n & (n - 1) == 0 for n in lengths)
        assert all(n % case.block_dim == 0 for n in lengths if n > 1)
