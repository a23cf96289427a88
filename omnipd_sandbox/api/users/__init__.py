"""Members, embed users, and users who are only an address."""
