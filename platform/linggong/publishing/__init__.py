"""What the market says of itself in public: where its places are, how it serves, its figures."""
