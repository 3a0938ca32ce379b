"""The exercises as assignments of nbgrader."""
