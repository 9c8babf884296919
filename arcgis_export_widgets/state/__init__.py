"""What the form holds and does: traits without widgets, one class for each part of the form."""
