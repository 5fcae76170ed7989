"""Cover: accident insurance per order and worker, bound before work begins (R082, transitions 20, 21, 37; invariant 3)."""
