"""Connections, what is set up on them, and files loaded into them."""
