"""The hall of a station: its queue of numbers, its screens and kiosks, the proof that it is open, the poster of its day."""
