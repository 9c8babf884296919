"""Geometries as Esri writes them, spatial references and spatial filters."""
