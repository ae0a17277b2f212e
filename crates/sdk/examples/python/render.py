"""A renderer that pays for each picture: render.py ISSUER PRODUCT PICTURES

A real program has the issuer and the product written into it. It ends with 2 where it may not run.
"""

import sys

from scrip_sdk import Kind, Refused, Scrip


def main() -> int:
    # Before anything is taken: a mistyped number costs nothing.
    if len(sys.argv) != 4 or not sys.argv[3].isdecimal():
        print("usage: render.py ISSUER PRODUCT PICTURES", file=sys.stderr)
        return 1
    issuer, product, pictures = sys.argv[1:]
    try:
        with Scrip(issuer, product) as scrip:
            # Once for each start: may it run?
            answer = scrip.use_once()
            print("owned" if answer.kind is Kind.PERPETUAL else "rented")
            for sentence in answer.sentences:
                print(f"note: {sentence}", file=sys.stderr)
            for picture in range(1, int(pictures) + 1):
                # Before the work, so that nobody gets it for nothing.
                answer = scrip.consume(1)
                left = -1 if answer.processings_left is None else answer.processings_left
                print(f"picture {picture}, {left} left")
    except Refused as refused:
        print(f"{refused.code}: {refused}\n{refused.hints}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
