def printable(text: object, limit: int = 80) -> str:
    """One line of at most `limit` characters for a terminal; what would steer it instead of show becomes “?”."""
    shown = "".join(char if char.isprintable() else "?" for char in str(text)[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
