"""An Omni that fits in a laptop: a real HTTP server on a real database."""
