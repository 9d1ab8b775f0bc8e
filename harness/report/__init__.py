"""The report on a dataset: report.md, appendix.md with the long tables, and their figures.

Reading: `source.py` (records, summaries), `production.py`, `gpu_check.py`, `fault_check.py`, and `earlier.py`, which is data; `material.py`
has it all. Choosing the kernel that is shown, and cutting its forms out: `example.py`, `excerpt.py`, `lowering.py`, `instructions.py`.
Computing: `numbers.py`, `diversity.py`, `compression.py`, `resources.py`. Writing: `document.py` has the report's parts in their order,
each a module, and `appendix.py` those of the appendix, by the `*_tables.py`. Drawing: `figures.py`, the `*_figure.py`, `heat_map.py`,
`style.py`. Publishing: `output.py`. Run it as `python -m harness.report`.
"""
