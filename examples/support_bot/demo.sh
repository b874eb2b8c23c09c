#!/bin/sh
# What `make demo` runs: index the sample, ask the same things as different people, prove recall on the golden questions.
set -eu
cd "$(dirname "$0")"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "hybrid sync: read, cut, embed and index the sample company's documents"
hybrid sync

say "A visitor asks:  How long after delivery can I return an unopened gateway?"
hybrid ask "How long after delivery can I return an unopened gateway?"

say "The same in another voice, which a small adapter brings:"
hybrid ask "How long after delivery can I return an unopened gateway?" --adapter formal-voice

say "A customer asks:  What credit do we get when availability is below 99 percent?"
hybrid ask "What credit do we get when availability is below 99 percent?" --user chloe --group customers

say "Somebody of support asks:  Up to how much goodwill credit may a shift lead approve?"
hybrid ask "Up to how much goodwill credit may a shift lead approve?" --user ben --group support

say "A visitor asks the same and may not know:"
hybrid ask "Up to how much goodwill credit may a shift lead approve?"

say "Nobody wrote this down, so nothing is made up:  Can I pay in Bitcoin?"
hybrid ask "Can I pay in Bitcoin?"

say "hybrid recall-check: golden questions, leaks, refusals"
hybrid recall-check golden.jsonl --html recall.html
say "The report with plots is in $(pwd)/recall.html"
