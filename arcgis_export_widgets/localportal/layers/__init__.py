"""Layers and tables: fields, rows and geometries, and how they are read from files."""
