"""The process that serves the portal, and the object that starts and controls it."""
