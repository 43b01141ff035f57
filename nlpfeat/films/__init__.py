"""Films of what a network does to the plane, and of what it writes. A frame is a pure function of arrays and its number."""
