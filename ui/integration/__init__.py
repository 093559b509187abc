"""The sections of an integration's page: what comes in, its rules, trying them, its words."""
