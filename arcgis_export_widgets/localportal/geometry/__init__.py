"""Geometries in Esri's formats, and spatial references."""
