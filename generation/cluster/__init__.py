"""Production on a Ray cluster: rounds of the main job as tasks, fragments in shared storage, one pass that cuts them into a dataset."""
