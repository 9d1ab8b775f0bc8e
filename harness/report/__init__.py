"""The report on a dataset: report.md and its figures, made from manifests, summaries and shards and from nothing else.

`source.py` reads, `example.py` and `excerpt.py` choose the kernel that is shown, `numbers.py` computes, `document.py`, `explanation.py` and
`tables.py` write, `figures.py` and `style.py` draw, `output.py` publishes. Run it as `python -m harness.report`.
"""
