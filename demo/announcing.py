"""What the demonstration tells: to the person at the terminal, and to programs in `var/demo.json`."""

import json
from pathlib import Path

from demo.seed import Client

API = "air-quality"
SCOPE = f"{API}:read"


def demonstration(portal: str, client: Client) -> dict[str, str]:
    """The members of demo.json. `api` is the whole address of one GET operation; `curl` calls it when pasted."""
    api = f"{portal}/api/{API}/v1/stations?province=QC"
    token_endpoint = f"{portal}/oauth/token"
    token = (
        f"$(curl -s -u {client.client_id}:{client.client_secret} -d grant_type=client_credentials -d scope={SCOPE} "
        f"""{token_endpoint} | sed -n -e 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p' -e '/"error"/w /dev/stderr')"""
    )
    return {
        "portal": portal,
        "api": api,
        "token_endpoint": token_endpoint,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "scope": SCOPE,
        "curl": f"""curl -s -H "Authorization: Bearer {token}" '{api}'""",
    }


def words(told: dict[str, str], data: Path) -> str:
    """What is printed when all is up."""
    people = json.loads((data / "demo-accounts.json").read_text(encoding="utf-8"))
    accounts = "\n".join(f"    {each['role']:<10} {each['email']:<26} {each['password']}" for each in people)
    return f"""
  Guichet is up: {told["portal"]}/
  Le guichet est ouvert : {told["portal"]}/fr/

  Accounts / Comptes
{accounts}

  First call / Premier appel

{told["curl"]}

  The same facts for programs / Les mêmes faits pour les programmes : {data / "demo.json"}
  Ctrl-C stops everything / arrête tout.
"""


def show(text: str, seconds: float) -> None:
    """Print it, with how long the start took."""
    print(f"{text}\n  Up after / Ouvert après ({seconds:.1f} s)\n", flush=True)
