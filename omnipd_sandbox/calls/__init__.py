"""What all endpoints share: a request routed, its key known, its values checked, its list cut into pages."""
