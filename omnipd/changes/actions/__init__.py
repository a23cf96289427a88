"""What a change of each kind is: the calls that make it, and how Omni shows that it is so."""
