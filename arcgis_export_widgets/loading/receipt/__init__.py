"""Receipts: what the portal counted, compared with what arrived."""
