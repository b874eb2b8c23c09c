#!/bin/sh
# Measures the sample's voices next to prompting and lets the gate decide; after train.sh, which leaves the rows.
# About two minutes for each voice on one free core. The reports stay in adapters/NAME/evaluations.
set -eu
cd "$(dirname "$0")"
for voice in support-voice formal-voice; do
    hybrid adapter evaluate "$voice" "rows/$voice.jsonl" --registry adapters
    hybrid adapter promote "$voice" --registry adapters
done
PYTHONPATH=. hybrid adapter evaluate ticket-triage rows/ticket-triage.jsonl --registry adapters \
    --contract contracts:TicketTriage
PYTHONPATH=. hybrid adapter promote ticket-triage --registry adapters
