"""Looks at Markdown."""

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\([^)\n]*\)")


def outline(text):
    """Returns how many headings, inline links and fenced code blocks `text` has, in this order."""
    headings = links = blocks = 0
    fence = None
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line.strip(" `~"):
                fence = None
        elif found:
            fence = found[1]
            blocks += 1
        else:
            headings += bool(_HEADING.match(line))
            links += len(_LINK.findall(line))
    return headings, links, blocks
