"""How it runs for years: signs of life, readiness, numbers for monitoring, logs, and where each option came from."""
