"""The page that the sandbox shows to a browser."""
