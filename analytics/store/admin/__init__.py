"""What an administrator does with a store: back up, restore, verify, erase, export, audit, correct."""
