"""Queries of a layer, from parameters to rows to a response."""
