"""One module a page, so that each page loads only what it shows."""
