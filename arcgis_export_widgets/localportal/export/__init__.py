"""Export jobs, and one writer for each format."""
