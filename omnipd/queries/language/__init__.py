"""What a query can say, and its checks; nothing is sent from here."""
