"""Samples of a dataset that are small enough for git: which records, the readable examples, the page, and the folder they go to."""
