"""Requests and responses: parameters, errors, the route table and the application."""
