"""Facts for and against each way to read an episode of changed liver tests, one file a reading."""
