"""Export requests: what to export, as plain values. No input or output, no frames, no widgets."""
