"""What holds for every test."""

from hypothesis import HealthCheck, settings

# Tests measure no time: a busy machine must not make one fail.
settings.register_profile("hybrid", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hybrid")
