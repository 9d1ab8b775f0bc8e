"""The CUDA target: emits a kernel's CUDA, builds a batch with NVRTC, and runs it forward and backward, on the host or on a GPU."""
