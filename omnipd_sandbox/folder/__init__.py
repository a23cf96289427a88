"""An organization as a file, ``organization.json``: read, checked and written."""
