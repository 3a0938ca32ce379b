"""Commands for those who maintain the course."""
