"""The process that serves the portal, and the object that controls it."""
