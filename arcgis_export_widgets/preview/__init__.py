"""Data that a map or histogram shows of a layer; no widgets."""
