"""Signing in: each method makes an `Auth`, which knows the token to send; `registry` lists the methods."""
