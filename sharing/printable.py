def printable(text: object, limit: int = 80) -> str:
    """One line of at most `limit` characters for a terminal; what would steer it instead of show becomes “?”."""
    shown = str(text)[: limit + 1]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else "?" for char in shown)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def size(number: int | None) -> str:
    """Bytes in binary units (IEC 80000-13): `94.9 MiB`."""
    if number is None:
        return ""
    value, units = float(number), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{number} bytes" if units[0] == "bytes" else f"{value:.1f} {units[0]}"
