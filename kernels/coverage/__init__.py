"""Coverage: which of Warp's builtins and statement forms the records of a dataset exercise, and how they compare with real kernels.

`registry` has the builtins, `forms` the statement forms, `profile` the counts of real kernels, `exclusions` what is left out on purpose;
`ledger` counts the records against them, and `python -m kernels.coverage` prints it.
"""
