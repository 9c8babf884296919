"""Readers of exported files, one class for each way of reading."""
