"""What can be said of a configuration without its program."""

import yaml

from tests.proxies.documented import UPSTREAM, below_a_path, block


def test_traefiks_file_is_one_of_its_file_provider() -> None:
    # Traefik is in no Debian; its names were read in its own reference.
    for text in (block("traefik"), below_a_path("traefik", block("traefik"))):
        document = yaml.safe_load(text)
        [(name, router)] = document["http"]["routers"].items()
        assert document["http"].keys() == {"routers", "services"}
        assert router.keys() == {"rule", "entryPoints", "service", "tls"}
        assert router["rule"].startswith("Host(`snowflake.example.com`)")
        [server] = document["http"]["services"][router["service"]]["loadBalancer"]["servers"]
        assert (name, server) == ("snowflake", {"url": f"http://{UPSTREAM}"})
