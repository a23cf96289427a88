"""Changes of Omni, planned from frames: seen beforehand, applied, verified, undone."""
