"""What a map shows of a layer, without widgets."""
