"""showing: what stands, as rows, lines and tables for people, and as JSON for programs."""
