"""Clinical questions answered from labs and events, one file each, found by folder."""
