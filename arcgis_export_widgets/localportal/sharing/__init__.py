"""The Sharing API: members, groups, sign-in and search."""
