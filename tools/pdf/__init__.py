"""The whole book as one PDF, printed from the built website."""
