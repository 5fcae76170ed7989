"""Assessment of operators: score cards as versioned data, the engine that reads them, and what a grade pays (R122 to R128)."""
