"""The portal's content: members and their sign-ins, groups, folders, and items with their services."""
