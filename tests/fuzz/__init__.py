"""What `make fuzz` throws at the reader of mail. Nothing here is run by pytest."""
