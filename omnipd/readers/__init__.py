"""The lists of Omni, one file for each part of its menu."""
