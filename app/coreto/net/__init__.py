"""Floor 3: sockets and the threads that own them."""
