"""The handlers of the Sharing API: items, content, groups, members, sign-in and search."""
