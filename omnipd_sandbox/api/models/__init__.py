"""Models: topics, views, files, and what is wrong with them."""
