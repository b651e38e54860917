"""Pure rules of casework."""
