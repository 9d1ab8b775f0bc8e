"""The CPU target: emits a kernel's C++, builds a batch as one module with Warp's clang, and runs it forward and backward."""
