"""Verifying a dataset: its records are put together again from the shards alone, generated, compiled, run and judged, and compared.

Nothing of what makes cases is used. `source` reads the shards, `sample` chooses records, `rerun` runs them in batches, `texts` and
`results` compare what is recorded with what is found, and `tally` counts. The command is `harness.verify`.
"""
