#!/bin/sh
# Measures the sample's newest adapters next to prompting and lets the gate decide which serve; after train.sh, which
# leaves the rows. About two minutes for each on one free core. The reports stay in adapters/NAME/evaluations.
# What the gate keeps out stops none of the others; the exit code is then 1.
set -eu
cd "$(dirname "$0")"
export PYTHONPATH=.  # where contracts.py is found
out=""

promote() {
    name=$1
    shift
    newest="$name@$(find "adapters/$name" -maxdepth 1 -name '[1-9]*' -exec basename {} \; | sort -n | tail -n 1)"
    hybrid adapter evaluate "$newest" "rows/$name.jsonl" --registry adapters "$@"
    code=0
    hybrid adapter promote "$newest" --registry adapters || code=$?
    case $code in
        0) ;;
        1) out="$out $newest" ;;
        *) exit "$code" ;;
    esac
}

promote support-voice
promote formal-voice
promote ticket-triage --contract contracts:TicketTriage
[ -z "$out" ] || { echo "not promoted:$out" >&2; exit 1; }
