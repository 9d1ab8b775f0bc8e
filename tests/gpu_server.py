"""A server whose target stays, as on a GPU, but runs on the CPU: `python -m tests.gpu_server --device staying ...`.

A kernel whose text says `LOSE` makes the device report an error, and every launch of that process fails from then on, as CUDA has it.
"""

from generation.code import TARGETS
from generation.code.cpu.target import CpuTarget
from generation.code.target import DeviceLostError
from harness import child


class StayingTarget(CpuTarget):
    name = "staying"

    def stays(self, settings):
        return True

    def prepare(self, folder, settings):
        if settings.arch is not None or (folder.parent / "refuse").exists():
            raise RuntimeError("the device is gone")
        version = super().prepare(folder, settings)
        lost, run = [], self._stages.run

        def run_or_lose(emitted, launch):
            lost.extend(["lost"] if "LOSE" in emitted.case.python_source else [])
            if lost:
                raise DeviceLostError("the device reported CUDA_ERROR_ILLEGAL_ADDRESS (700)")
            return run(emitted, launch)

        self._stages.run = run_or_lose
        return version


TARGETS["staying"] = StayingTarget

if __name__ == "__main__":
    child.main()
