"""Documents, and what hangs on them."""
