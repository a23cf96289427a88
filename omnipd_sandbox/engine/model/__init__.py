"""Models, read from their files: views, fields, joins, and filters on them."""
