"""Layers and tables: their fields, rows and geometries, and functions that read them from files."""
