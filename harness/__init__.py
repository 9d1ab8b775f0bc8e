"""What checks and keeps: the pytest job, the oracle, the dataset, the report."""
