"""Instruction-tuning data from a finished dataset: its tasks, their prompts, and the files that rows are written to."""
