"""What is made: the targets' code, the datasets, the report."""
