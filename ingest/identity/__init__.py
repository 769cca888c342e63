"""Who may speak for which device: credentials, and the files that make a broker hold everybody to them."""
