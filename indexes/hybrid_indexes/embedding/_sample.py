"""Texts that variants of a model are compared on: the kinds of passage a knowledge base holds, and questions to them.

Several passages share a subject, so that the order of the nearest ones is easy to disturb.
"""

from __future__ import annotations

QUESTIONS = (
    "How long do I have to send something back?",
    "Who pays for the return parcel when the item arrived broken?",
    "Why was my card charged twice this month?",
    "How do I rotate an API key without downtime?",
    "What does status code 429 mean and how long should I wait?",
    "Can two people share one licence?",
    "When may personal data of a former customer be deleted?",
    "What happens to a container that uses more memory than its limit?",
    "Which port must the firewall open for the gateway?",
    "How often are backups tested?",
    "What is the notice period during probation?",
    "Is overtime on a public holiday paid double?",
    "Which torque do the bolts of the pump cover need?",
    "The pump makes a rattling noise after start-up",
    "How do I restore one table from last night's backup?",
    "May I expense a train ticket in first class?",
    "Who is called first when the service is down at night?",
    "What was decided about the new pricing tiers?",
    "How does photosynthesis depend on temperature?",
    "Why is the sky red in the evening?",
)

PASSAGES = (
    "You may return any unused item within 30 days of delivery. Items on sale and gift cards are excluded.",
    "Refunds reach the original means of payment within five to seven working days after the parcel has been "
    "checked in at our warehouse. Shipping fees are refunded only when the whole order is returned. If you "
    "paid by invoice, please tell support the account that the money should go to; we never ask for it by "
    "telephone.",
    "Return shipping is free when the item arrived damaged or when we sent the wrong one. In every other case "
    "the buyer pays for the parcel and is responsible for it until it reaches us, so keep the receipt of the "
    "carrier.",
    "Damaged on arrival: photograph the outer box, the padding and the item, and open a claim within 48 hours. "
    "Do not throw away the packaging before the carrier has decided, or the insurance does not cover the loss.",
    "A card may show two entries for one order: the first is an authorisation that your bank drops after a few "
    "days, the second the real charge. If both are still there after ten days, send us a screenshot of the "
    "statement with everything but the two lines covered.",
    "Invoices are issued on the first day of the month and are due within 14 days. After the second reminder "
    "the account becomes read-only; nothing is deleted for 90 days.",
    "# Rotating keys\n\n1. Create a second key under Settings > API keys.\n2. Deploy it to every client.\n3. "
    "Watch the column *last used* of the old key until it stands still for a day.\n4. Revoke the old key.\n\n"
    "Both keys are valid during the change, so no request fails.",
    "Requests are authenticated by a bearer token in the `Authorization` header. Tokens expire after 60 "
    'minutes; a request with an expired token is answered by 401 and the body `{"error": "token_expired"}`.',
    "| code | meaning | what to do |\n| --- | --- | --- |\n| 400 | malformed request | do not retry |\n| 401 | "
    "token expired | sign in again |\n| 403 | not permitted | ask the owner |\n| 409 | edited by somebody else "
    "| read, merge, write |\n| 429 | too many requests | wait for `Retry-After` seconds |\n| 503 | maintenance "
    "| retry with back-off |",
    "The rate limit is 120 requests a minute for each key, measured over a sliding window. Bursts of up to 20 "
    "requests are served at once. Clients that ignore `Retry-After` are slowed down further, up to a minute "
    "for each request.",
    "```python\nfor attempt in range(5):\n    response = client.get(url, timeout=10)\n    if "
    'response.status_code != 429:\n        break\n    time.sleep(float(response.headers["Retry-After"]))\n```',
    "A licence belongs to one named person. It can be handed over to somebody else once every 30 days; shared "
    "accounts end both sessions as soon as a second browser signs in.",
    "The team plan includes ten seats, single sign-on and an audit log that is kept for one year. Further "
    "seats are billed by the day on which they were added.",
    "Personal data is kept for as long as the contract runs and for three years afterwards, counted from the "
    "end of the year. Data that tax law requires is locked rather than deleted until its own period of ten "
    "years has passed. A person may ask at any time what is stored; the answer is due within one month and is "
    "free of charge unless requests are plainly excessive.",
    "Deletion requests are carried out in all live systems within 30 days. Backups are overwritten in turn, so "
    "the last copy is gone after 95 days at most; until then a list of deleted identifiers keeps them from "
    "coming back with a restore.",
    "A processor informs the controller of a breach without delay, and in any event within 24 hours of "
    "learning of it, naming the categories of data, the approximate number of people concerned, and the "
    "measures taken.",
    "When a container exceeds its memory limit the kernel kills the process and the runtime restarts it "
    "according to the restart policy. A limit on CPU, by contrast, only throttles: the container becomes "
    "slower and is never killed for it.",
    "Requests are what the scheduler counts when it looks for a node; limits are what the runtime enforces. A "
    "pod without requests can be placed on a node that is already full and is then the first to be evicted.",
    "A readiness probe takes a pod out of the service while it fails. A liveness probe restarts it. Pointing "
    "both at the same endpoint turns a slow database into a restart loop.",
    "Secrets are mounted as files in memory. Changing a secret updates the file within a minute, but an "
    "environment variable made from it keeps the old value until the pod is restarted.",
    "The gateway needs outbound TCP 8883 to the broker and UDP 123 for the time. Inbound connections are not "
    "needed; if the site uses a proxy, enter its address before the first start, because the device registers "
    "itself within a minute.",
    "Status light: green, connected. Yellow blinking, searching for the network. Red, no address. Red "
    "blinking, firmware damaged; hold the button for eight seconds to go back to the version from the factory.",
    "Full backups run on Sunday at 02:00, incremental ones every night. Every quarter a random backup is "
    "restored on a separate machine and compared row by row; the report goes to the head of operations.",
    "To bring back a single table, restore the backup into an empty database, dump the table there and load it "
    "into production under another name. Compare the counts before you rename it. Never restore over the "
    "running database.",
    "Recovery objectives: at most one hour of data may be lost, and the service must be back within four "
    "hours. Both were met in the exercise in March, with 22 minutes and 2 hours 50 minutes.",
    "During the first six months either side may end the employment with two weeks' notice. Afterwards the "
    "period is one month to the fifteenth or to the end of a month, and grows with the years of service on the "
    "employer's side.",
    "Overtime is compensated by time off within the quarter. Work on Sundays is paid with a supplement of 50 "
    "per cent, on public holidays with 125 per cent; both need the approval of the head of department "
    "beforehand.",
    "Employees have 28 days of leave a year. Up to five unused days move to the next year and lapse at the end "
    "of March unless illness or parental leave made it impossible to take them.",
    "Travel: second class by train, economy by air. First class is reimbursed when it was cheaper on the day "
    "of booking, which a screenshot has to show. Hotels up to 120 euros a night, breakfast not included.",
    "Tighten the eight bolts of the pump cover crosswise, first to 12 Nm, then to 25 Nm. Use new seals every "
    "time; a seal that has been pressed once no longer closes at low temperatures.",
    "Rattling after start-up points to air in the pump. Open the bleed screw by half a turn until water comes "
    "without bubbles. If the noise stays, check the impeller for stones and the bearing for play.",
    "Before any work on the pump: switch off the motor, lock the switch, let the pressure fall to zero, and "
    "wait until the housing is below 40 degrees. Two people must be present when the chamber is opened.",
    "The person on call has 15 minutes to acknowledge an alarm. After that the second line is called, after "
    "another 15 minutes the head of operations. Outside office hours only alarms of severity one wake anybody "
    "up; the others wait in the queue.",
    "Postmortem, 14 May. Between 03:12 and 04:40 no orders could be placed. A certificate had expired on the "
    "internal load balancer; the monitoring only looked at the public ones. What went well: the on-call "
    "engineer answered after four minutes. What did not: the instructions for renewing it described the old "
    "tool, and nobody else with the permission was awake. Actions: watch every certificate, renew thirty days "
    "ahead, rewrite the instructions, give two more people the permission.",
    "Minutes of 3 June. The three pricing tiers become two from October. Existing customers keep their terms "
    "until the end of their contract. Marketing prepares the announcement, legal checks the wording, support "
    "gets a list of likely questions.",
    "The quarterly review found that answers to tickets became faster (median 3.1 hours, before 4.6) while "
    "satisfaction stayed level. The backlog grew in two subjects: exports and single sign-on.",
    "The rate of photosynthesis rises with temperature until the enzymes lose their shape; for most plants of "
    "temperate climates that happens between 30 and 35 degrees. Light and carbon dioxide limit it before that "
    "on cloudy days.",
    "Air scatters short waves more strongly than long ones. In the evening sunlight crosses so much of it that "
    "most of the blue has been scattered out of the beam, and what remains looks red.",
    "Preheat the oven to 220 degrees. Fold the dough four times in the first two hours, then let it rest "
    "overnight in the refrigerator. Bake for 25 minutes with steam and 20 minutes without.",
    "Chapter 4 describes how the index is kept in step with its sources. A listing is compared with the "
    "journal; what is new is read, cut into chunks and embedded; what has gone is removed only when the "
    "listing is known to be complete. The journal is committed after the chunks have reached the disk, so that "
    "a crash between the two leaves chunks that nobody refers to, which the next run removes, rather than "
    "references to chunks that do not exist. A change of permissions touches neither text nor vectors: it is "
    "one row in the journal and one field in the index, and it takes effect with the next search. A renamed "
    "file keeps its chunks because they are found by the hash of their content. Should the model that makes "
    "the vectors change, a second index is built beside the first one and takes its place when it is complete; "
    "until then searches are answered from the old one.",
)
"""Between one line and about 200 tokens; some in Markdown, as documents are."""
