"""What the cohort page, its command and its background jobs share."""
