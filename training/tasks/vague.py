"""Questions that can be read in several ways: the reply asks back."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from training.tasks.grounded import Grounded, Unit

_QUESTIONS = """\
It does not work
it doesn't work anymore
It is broken, what now?
help
Can you help me?
I have a problem
I have a question about my account
How much is it?
How much does it cost?
What is the price?
How long does it take?
How long?
Which one?
Which one should I take?
Where is it?
Where can I find it?
How do I do that?
How do I set it up?
How do I change it?
Can I change that?
Can I cancel?
When does it end?
When will it be ready?
What about the other one?
What is the difference?
Is it allowed?
Is that possible?
Who can help me with this?
Why is it red?
Why did it stop?
It says error
I get an error
Something went wrong
The numbers are wrong
I can't log in there
It keeps blinking
What do I need?
What should I do?
What happens then?
And for the others?
Tell me more
More information please
I want to complain
This is not what I ordered
Can someone call me?
Please fix this
Not working since yesterday
Same problem again
What is the limit?
Is there a limit?
How many can I have?
What are my options?
Do I have to pay for that?
Is it included?
Can I get it back?
Can I use it here?
Does it work with mine?
I need the new version
How do I start?
Where do I begin?
What does it mean?""".splitlines()


def tasks(generator: random.Random, pool: Sequence[Unit], count: int) -> Iterator[Grounded]:
    """Yield vague questions beside units that have nothing to do with them."""
    for _ in range(count):
        yield Grounded(
            question=generator.choice(_QUESTIONS),
            answers=(),
            others=tuple(generator.sample(pool, generator.randint(4, 14))),
            status="clarify",
            source="vague",
        )
