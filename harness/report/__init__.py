"""The report on a dataset: report.md and its figures, made from manifests, summaries, shards, and a GPU check if one is on record.

`source.py` and `gpu_check.py` read; `example.py`, `excerpt.py`, `lowering.py` and `instructions.py` choose the kernel that is shown and cut
its forms out; `numbers.py` and `resources.py` compute; `document.py`, `explanation.py`, `compilation.py`, `tables.py` and `certainty.py`
write; `figures.py`, `error_figure.py` and `style.py` draw; `output.py` publishes. Run it as `python -m harness.report`.
"""
