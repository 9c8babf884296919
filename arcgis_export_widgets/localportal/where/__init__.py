"""Parse and check where clauses, and rewrite them for DuckDB."""
