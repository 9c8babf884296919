"""Where clauses: conditions, literals, id ranges, parsing and checks."""
