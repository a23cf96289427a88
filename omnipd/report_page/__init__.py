"""A page for people about an organization: its sections, its drawings, and its template."""
