"""What people leave beside the data: jobs, schedules, saved cohorts, reviews."""
