"""What documents and folders have in common: who sees, owns and may change them."""
