"""A list of Omni, read whole or not at all."""
