"""What a map or histogram shows of a layer, without widgets."""
