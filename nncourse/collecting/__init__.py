"""Checking a class: ``nncourse collect FOLDER`` judges a folder of notebooks and tells who passed what."""
