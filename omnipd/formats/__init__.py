"""Values as Omni shows them: the formats of fields, read and applied."""
