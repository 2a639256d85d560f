"""What staff see of the machinery: work in the background that failed for good, and how to try it again."""
