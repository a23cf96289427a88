"""What Omni answered, kept in a file without a text of it, so that it can be answered again."""
