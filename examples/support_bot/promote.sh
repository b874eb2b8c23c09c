#!/bin/sh
# Measures the sample's newest adapters next to prompting and lets the gate decide which serve; after train.sh, which
# leaves the rows. About two minutes for each on one free core. The reports stay in adapters/NAME/evaluations.
set -eu
cd "$(dirname "$0")"
export PYTHONPATH=.  # where contracts.py is found

promote() {
    name=$1
    shift
    newest="$name@$(find "adapters/$name" -maxdepth 1 -name '[1-9]*' -exec basename {} \; | sort -n | tail -n 1)"
    hybrid adapter evaluate "$newest" "rows/$name.jsonl" --registry adapters "$@"
    hybrid adapter promote "$newest" --registry adapters
}

promote support-voice
promote formal-voice
promote ticket-triage --contract contracts:TicketTriage
