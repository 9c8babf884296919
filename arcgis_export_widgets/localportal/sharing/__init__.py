"""The handlers of the Sharing API, which is about items, folders, groups, members, sign-in and search."""
