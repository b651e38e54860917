"""Pure rules of complaints."""
