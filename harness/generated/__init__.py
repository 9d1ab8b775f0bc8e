"""The generated cases, as pytest collects them in the main job."""
