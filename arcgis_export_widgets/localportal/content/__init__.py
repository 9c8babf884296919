"""What the portal holds: members and their sign-ins, groups, folders, and items with their services."""
