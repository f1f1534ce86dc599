"""The example plugin `markdown`, in Python: written from docs/protocol.md and the .proto files alone."""

import logging
import sys
from pathlib import Path

from messages import Messages
from outline import outline
from plugin import Plugin

SERVICE = "examples.markdown.v1.Markdown"
VERSION = "1.0.0"


def main(arguments):
    """Serves; `arguments` are the files of the descriptor sets. Returns the exit status."""
    logging.basicConfig(format="%(levelname)s %(message)s")
    messages = Messages(*(Path(name).read_bytes() for name in arguments))
    response_class = messages.of("examples.markdown.v1.OutlineResponse")

    def answer(request):
        headings, links, code_blocks = outline(request.text)
        return response_class(headings=headings, links=links, code_blocks=code_blocks)

    methods = {"Outline": (messages.of("examples.markdown.v1.OutlineRequest"), answer)}
    try:
        return Plugin(messages, VERSION, {SERVICE: methods}).run()
    except ValueError as e:
        print(e, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
