"""The process that serves the portal, and `LocalPortal`, which starts and controls the process."""
