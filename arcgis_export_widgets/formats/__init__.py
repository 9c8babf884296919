"""The export formats: what each format can store, and what an export to it loses."""
