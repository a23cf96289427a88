"""An organization as a whole: its inventory, and its documents taken out and put in."""
