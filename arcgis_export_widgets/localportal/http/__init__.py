"""What requests and responses consist of: parameters, errors, JSON."""
