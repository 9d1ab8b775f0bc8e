"""What is generated: families, the synthesizer, the language they share, and the Case that they make."""
