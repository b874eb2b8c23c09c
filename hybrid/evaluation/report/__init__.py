"""A recall report for people and machines: terminal, JSON, JUnit XML and one HTML file."""
