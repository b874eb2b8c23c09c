"""Whether a claim in a model's own words is carried by the evidence it cites."""

from hybrid.claims.judgement import ClaimJudge, Judgement

__all__ = ["ClaimJudge", "Judgement"]
