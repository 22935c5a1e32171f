"""What the import page does with files, profiles and running imports."""
