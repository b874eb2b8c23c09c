#!/bin/sh
# What `make demo` runs: index the sample, ask the same things as different people, prove recall on the golden questions.
set -eu
cd "$(dirname "$0")"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "hybrid sync: read, cut, embed and index the sample company's documents"
hybrid sync

say "A visitor asks:  How long do I have to return a gateway?"
hybrid ask "How long do I have to return a gateway?"

say "A customer asks:  What SLA credit do we get for an outage?"
hybrid ask "What SLA credit do we get for an outage?" --user chloe --group customers

say "Somebody of support asks:  Who approves a discount above the list price?"
hybrid ask "Who approves a discount above the list price?" --user ben --group support

say "A visitor asks the same and may not know:"
hybrid ask "Who approves a discount above the list price?"

say "Nobody wrote this down, so nothing is made up:  Can I pay in Bitcoin?"
hybrid ask "Can I pay in Bitcoin?"

say "hybrid recall-check: golden questions, leaks, refusals"
hybrid recall-check golden.jsonl --html recall.html
say "The report with plots is in $(pwd)/recall.html"
