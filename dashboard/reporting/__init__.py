"""Reports on request and by schedule: input, build, archive, delivery."""
