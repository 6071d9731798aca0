"""HTTP around the endpoints: wiring, paths, what every request passes, and what people see."""
