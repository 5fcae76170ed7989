"""The small city with telephones: what is sent goes over HTTP to a stand-in of the gateway."""

from tests.phones.conftest import City, Phones, _timers, city, good, phones

__all__ = ["City", "Phones", "_timers", "city", "good", "phones"]
