"""Production: the main job in rounds, until a dataset has the size asked for."""
