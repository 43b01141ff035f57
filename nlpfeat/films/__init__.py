"""Films of what a net does to the plane. A frame is a pure function of arrays and a number."""
