"""Prepares the data that the form's maps and histograms show; contains no widgets."""
