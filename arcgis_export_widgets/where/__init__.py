"""Writes, parses and checks where clauses in standardized SQL."""
