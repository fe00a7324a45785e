"""From records to what the API shows, one file a noun."""
