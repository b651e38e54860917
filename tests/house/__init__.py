"""Tests of the house itself: its layout, its migrations, its names."""
