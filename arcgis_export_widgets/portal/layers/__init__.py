"""Querying the layers of a feature service: rows, counts and statistics."""
