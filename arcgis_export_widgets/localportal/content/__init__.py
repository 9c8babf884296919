"""The items of the portal: who owns them, where they are, and what can be done with them."""
