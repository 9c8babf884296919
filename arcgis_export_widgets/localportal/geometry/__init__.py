"""Geometries as Esri writes them, and spatial references."""
