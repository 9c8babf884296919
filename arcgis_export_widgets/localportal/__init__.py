"""localportal."""
