"""Speech: text read aloud by the server, for browsers without a voice."""
