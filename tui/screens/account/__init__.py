"""The account screen: documents and what decides, and what a document of the user would do."""
