"""Signing in: each sign-in method makes an `Auth`, which gives the token to send; `registry` lists the methods."""
