#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Is each tag of a page closed, in order? well_formed.py FILE: its exit status says."""
import html.parser
import sys

ALONE = ("meta",)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            sys.exit(f"</{tag}> closes nothing, line {self.getpos()[0]}")


def main():
    tags = Tags()
    with open(sys.argv[1]) as f:
        tags.feed(f.read())
    if tags.open:
        sys.exit(f"still open: {tags.open}")


if __name__ == "__main__":
    main()
