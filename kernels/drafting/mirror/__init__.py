"""Mirrors: a kernel's text, of any element types, and numpy's form of it for all threads at once.

`draft.MirrorDraft` is the draft that families use: they write statements in Warp's Python, and the reference follows from the text alone.
`expressions` and `statements` read the text by the types of its values (`values`), `control` follows its branches, loops and returns, and
the builtins of each field of mathematics, written from their definitions, are declared in the modules beside them.
"""
