"""A page about an organization that opens without a network: what its inventory says, for people to read."""
