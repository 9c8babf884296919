"""State and actions of the form, without widgets: one class with traits for each part of the form."""
