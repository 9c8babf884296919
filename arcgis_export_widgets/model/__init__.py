"""Values that describe a layer: definition, fields, spatial reference, area. No input or output."""
