"""Parts of pages that live in the browser: they speak with the gateway themselves."""
