"""How long to wait before a call that failed is made again."""

from __future__ import annotations

import random

from hybrid.models._remote.failures import CallFailed

_REPEATS = 2
_FIRST_PAUSE = 0.5
# Longer than this nobody waits who has another model to ask, or a person waiting.
_LONGEST_PAUSE = 10.0


def pause_after(failed: CallFailed, repeats: int) -> float | None:
    """Return the seconds before the next try, or None where there is to be none.

    The pause is drawn between 0 and a limit that doubles ("full jitter", Brooker, Exponential Backoff And Jitter, AWS
    Architecture Blog 2015), and never shorter than the service asks for.
    """
    if not failed.passing or repeats == _REPEATS:
        return None
    pause = max(failed.after or 0.0, random.uniform(0.0, _FIRST_PAUSE * 2**repeats))
    return None if pause > _LONGEST_PAUSE else pause
