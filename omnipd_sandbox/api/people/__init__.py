"""Members, embed users, groups, roles and keys."""
