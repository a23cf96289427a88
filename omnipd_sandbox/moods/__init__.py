"""How one Omni differs from another, and what goes wrong on purpose."""
