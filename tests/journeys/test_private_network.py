"""A login from a network that lets nobody out but by its proxy, and signs what comes back."""

from pathlib import Path

import httpx

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from tests.forward_proxy import PASSWORD, USER, forward_proxy
from tests.journeys.browser import Browser
from tests.journeys.world import ADA, World, sign_in, variables
from tests.serving import free_port, listens, program, running, snowflake
from tests.tls import authority

TUNNEL = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend tls
    bind 127.0.0.1:{port} ssl crt {directory}/both.pem
    default_backend discord
backend discord
    server discord {discord}
"""


def test_discord_is_reached_by_a_proxy_and_with_an_authority_of_ones_own(
    tmp_path: Path, browser: Browser
) -> None:
    port, trusted = free_port(), tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(str(trusted))
    authority().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "both.pem")
    )
    discord = SimulatedDiscord()
    with serving(discord.app) as origin, forward_proxy(tmp_path) as (proxy, log):
        configuration = tmp_path / "haproxy.conf"
        address = origin.removeprefix("http://").replace("localhost", "127.0.0.1")
        configuration.write_text(TUNNEL.format(port=port, directory=tmp_path, discord=address))
        settings = {
            **variables(origin),
            "SNOWFLAKE_DISCORD_API_URL": f"https://localhost:{port}/api/v10",
            "SSL_CERT_FILE": str(trusted),
            "HTTPS_PROXY": f"http://{USER}:{PASSWORD}@{proxy}",
            "NO_PROXY": "",
        }
        with (
            running([program("haproxy"), "-db", "-f", str(configuration)], tmp_path / "ha") as tls,
            snowflake(tmp_path, settings) as started,
            httpx.Client(trust_env=False, timeout=15) as http,
        ):
            tls.wait_until(lambda: listens(port))
            world = World(discord, origin, started, http)
            claims, userinfo = sign_in(world.party(), browser)
        assert claims["sub"] == userinfo["sub"] == ADA
        assert f"CONNECT localhost:{port}" in log.read_text()
        assert PASSWORD not in started.log
