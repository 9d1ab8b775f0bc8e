"""The synthesizer: typed programs drawn from idioms, themes and policies."""
