"""The oracle: says whether a kernel computes, forward and backward, what its numpy reference says.

`prepare` draws inputs and works out what must come of them; `judge` compares an outcome with that. Nothing here imports Warp.
"""

from harness.oracle.judgement import judge
from harness.oracle.preparation import Prepared, prepare
from harness.oracle.verdict import PreparationError, Verdict

__all__ = ["PreparationError", "Prepared", "Verdict", "judge", "prepare"]
