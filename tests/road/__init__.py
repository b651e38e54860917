"""The whole road, with real processes on real parts."""
