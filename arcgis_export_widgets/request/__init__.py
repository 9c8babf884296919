"""What to export: pure values, no input or output, no frames, no widgets."""
