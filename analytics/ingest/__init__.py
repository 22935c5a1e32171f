"""Bytes to accepted rows and quarantined rows; nothing lost, nothing guessed."""
