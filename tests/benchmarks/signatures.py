"""What the machine can sign at best: ``openssl speed rsa2048``, one core."""

import subprocess

from tests.serving import program


def signatures_a_second(seconds: int) -> float:
    """Let openssl sign for some seconds; run it while nothing else runs."""
    output = _openssl("speed", "-seconds", str(seconds), "rsa2048")
    lines = output.splitlines()
    headings = next(line for line in lines if "sign/s" in line).split()
    row = next(line for line in lines if line.replace(" ", "").startswith("rsa2048bits")).split()
    # The row begins with words that have no heading.
    return float(row[-len(headings) :][headings.index("sign/s")])


def openssl_version() -> str:
    """Answer what openssl calls itself."""
    return " ".join(_openssl("version").split()[:2])


def _openssl(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603 - the benchmark's own command
        [program("openssl"), *arguments], check=True, capture_output=True, text=True
    ).stdout
