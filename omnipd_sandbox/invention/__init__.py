"""What makes an organization up: its people, folders, documents, the same on every day."""
