"""Sign-in, roles, sessions, headers, pseudonyms: the gate in front of every route."""
