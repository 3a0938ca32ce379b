"""Time the package side by side with what one would take instead: ``python -m benchmarks --help``."""
