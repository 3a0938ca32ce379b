"""The notes' derivations, done by sympy in the open: one module a chapter, imported when first named."""
