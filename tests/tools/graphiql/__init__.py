"""Builds the GraphiQL page in a checkout; the image has its own way, without Python (see Dockerfile)."""
