"""What an organization holds: its people, folders, documents and all the rest, as plain records."""
