"""Many patients at once: aligned curves, shift tables, time to event, temporal questions."""
