"""The family of image filters."""

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.image_filter.image import MODES, Image
from tests.families._reference import check_contract


def test_contract():
    check_contract("image_filter")


@pytest.mark.parametrize("rule", ["clamp", "wrap", "mirror"])
@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
def test_the_index_of_a_neighbour_is_that_of_the_padded_image(rule, offset):
    class Warp:
        abs, min, max = staticmethod(abs), staticmethod(min), staticmethod(max)

        @staticmethod
        def clamp(x, low, high):
            return min(max(x, low), high)

    draft = Draft(Draw(0, "image_filter", 0), smooth=True)
    image = Image(draft.draw, draft, draft.real, plain=True)
    mode = MODES[rule].split('"')[1]
    for size in (3, 5):
        row = np.arange(size)
        padded = np.pad(row, 2, mode=mode)
        text = image.moved("x", str(offset), rule)
        for x in range(size):
            index = eval(text, {"wp": Warp, image.x: x, image.width: size})
            assert row[index] == padded[x + 2 + offset]
