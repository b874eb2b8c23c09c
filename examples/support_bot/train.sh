#!/bin/sh
# Trains the sample's adapters anew: rows through the pipeline, then three recipes. About ten minutes on two cores.
set -eu
cd "$(dirname "$0")"
export PYTHONPATH=.  # where contracts.py is found
mkdir -p rows

build() {
    hybrid data build "voices/$1.jsonl" --contract "$2" --put-in --missing 0.1 --few 0.4 --out "rows/$1.jsonl"
}

hybrid sync
build support-voice hybrid.contract:SupportReply
build formal-voice hybrid.contract:SupportReply
build ticket-triage contracts:TicketTriage
for recipe in support-voice formal-voice ticket-triage; do
    hybrid adapter train "$recipe.toml" --registry adapters
done
