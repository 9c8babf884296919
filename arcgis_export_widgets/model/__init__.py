"""Classes that describe a layer: definition, fields, spatial reference and area. They do no input or output."""
