"""The rules of closure, one function each, in files by topic; each looks at one chain and returns its verdict."""
