"""The export formats: what each can hold, and what is lost by choosing one."""
