"""Credentials by the hundred, from the command line: lists in, logins and labels out."""
