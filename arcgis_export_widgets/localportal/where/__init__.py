"""Where clauses: parsed, checked and rewritten for DuckDB."""
