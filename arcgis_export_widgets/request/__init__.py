"""Export requests as plain values, their JSON, and code that runs them. No input or output, no frames, no widgets."""
