"""Copy yesterday's hourly readings of every basin into a CSV file.

Needs Python 3.11 and the package ``requests``. Give the key in the environment:

    POOLWRIGHT_KEY=pw_live_... python pull_readings.py readings.csv

The script obeys the rate limit: it sleeps for ``Retry-After`` seconds after a 429 and gives up
after five attempts.
"""

import csv
import datetime as dt
import os
import sys
import time

import requests

BASE = "https://api.poolwright.example/v2"
MAX_ATTEMPTS = 5


def get(session: requests.Session, path: str, **params: str) -> dict:
    """Fetch one page and wait politely when the organisation's limit is used up."""
    for _ in range(MAX_ATTEMPTS):
        answer = session.get(BASE + path, params=params, timeout=20)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer.json()
        time.sleep(int(answer.headers.get("Retry-After", "10")))
    raise RuntimeError(f"still rate limited after {MAX_ATTEMPTS} attempts: {path}")


def pages(session: requests.Session, path: str, **params: str):
    """Yield the rows of all pages until the cursor is null."""
    cursor = ""
    while cursor is not None:
        page = get(session, path, **params, **({"cursor": cursor} if cursor else {}))
        yield from page["data"]
        cursor = page["next_cursor"]


def main(target: str) -> None:
    """Write one row per basin, parameter and hour."""
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    span = {"from": (today - dt.timedelta(days=1)).isoformat(), "to": today.isoformat()}
    with requests.Session() as session, open(target, "w", newline="", encoding="utf-8") as file:
        session.headers["Authorization"] = f"Bearer {os.environ['POOLWRIGHT_KEY']}"
        writer = csv.writer(file)
        writer.writerow(["basin", "time", "parameter", "value", "unit", "quality"])
        for basin in pages(session, "/basins"):
            for row in pages(session, f"/basins/{basin['id']}/readings", resolution="1h", **span):
                writer.writerow([basin["id"], row["t"], row["parameter"], row["value"], row["unit"], row["quality"]])


if __name__ == "__main__":
    main(sys.argv[1])
