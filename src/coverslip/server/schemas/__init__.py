"""What the HTTP API takes and gives, one file a noun; `web/openapi.json` is made of it."""
