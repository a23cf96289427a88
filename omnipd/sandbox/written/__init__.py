"""An organization as a file, ``organisation.json``: read, checked and written."""
