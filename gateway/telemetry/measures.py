"""Every measure: its name, its labels and its meaning in two languages. docs/operator lists the same table.

The law: a label is the name of an API, a version, a status, a refusal's code, a target or a state, of which there are
few; never a path, an application or a client. A gauge is told by each process, and the sum over all is shown.
"""

from dataclasses import dataclass

from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, named as Prometheus has it: what only grows ends in `_total`."""

    name: str
    labels: tuple[str, ...]
    meaning: Words


Gauge = tuple[Measure, tuple[str, ...], float]
"""A measure, the values of its labels, and what was found."""

CALLS = Measure(
    "guichet_calls_total",
    ("api", "version", "status"),
    Words("Calls, by the status of the reply.", "Appels, selon le code d’état de la réponse."),
)
REFUSALS = Measure(
    "guichet_refusals_total",
    ("api", "version", "code"),
    Words(
        "Calls that the gateway refused or broke off, by its reason.",
        "Appels que la passerelle a refusés ou interrompus, selon le motif.",
    ),
)
DURATION = Measure(
    "guichet_call_duration_seconds",
    ("api", "version"),
    Words(
        "Histogram of the time from a call’s arrival until its reply began.",
        "Histogramme du temps entre l’arrivée d’un appel et le début de la réponse.",
    ),
)
LINES_LOST = Measure(
    "guichet_access_log_lines_lost_total",
    (),
    Words(
        "Lines of the access log that could not be written: full disk, closed pipe, or too slow a reader.",
        "Lignes du journal d’accès qui n’ont pas pu être écrites : disque plein, tube fermé ou lecteur trop lent.",
    ),
)
USAGE_LOST = Measure(
    "guichet_usage_calls_lost_total",
    (),
    Words(
        "Calls that usage will never tell of, because the journal could not be written: mostly a full disk.",
        "Appels dont l’utilisation ne dira jamais rien, car le journal n’a pas pu être écrit : "
        "disque plein, le plus souvent.",
    ),
)
USAGE_WAITING = Measure(
    "guichet_usage_waiting_seconds",
    (),
    Words(
        "How long the oldest usage has waited in the journal for the database: a second or two when all is well.",
        "Depuis combien de temps l’utilisation la plus ancienne du journal attend la base de données : "
        "une ou deux secondes quand tout va bien.",
    ),
)
WORKERS = Measure("guichet_workers", (), Words("Processes that serve calls.", "Processus qui servent des appels."))
IN_FLIGHT = Measure("guichet_calls_in_flight", (), Words("Calls under way.", "Appels en cours."))
WAITING = Measure(
    "guichet_calls_waiting",
    (),
    Words("Calls that wait for a department’s service.", "Appels qui attendent le service d’un ministère."),
)
CLIENTS = Measure(
    "guichet_client_connections",
    (),
    Words("Clients that are connected (fast lane).", "Clients connectés (voie rapide)."),
)
TUNNELS = Measure(
    "guichet_tunnels", (), Words("WebSockets and the like (fast lane).", "WebSockets et semblables (voie rapide).")
)
CONNECTIONS = Measure(
    "guichet_service_connections",
    ("state",),
    Words(
        "Connections to departments’ services: busy, idle, or opening.",
        "Connexions aux services des ministères : busy (occupée), idle (libre) ou opening (en ouverture).",
    ),
)
TARGET_IN_FLIGHT = Measure(
    "guichet_target_calls_in_flight",
    ("api", "version", "target"),
    Words("Calls under way at a target.", "Appels en cours auprès d’une cible."),
)
TARGET_STATE = Measure(
    "guichet_target_state",
    ("api", "version", "target", "state"),
    Words(
        "How many processes find a target well, resting (its breaker is open) or ill (its checks fail).",
        "Combien de processus trouvent une cible well (en bon état), resting (disjoncteur ouvert) "
        "ou ill (vérifications en échec).",
    ),
)
LEDGER_AWAY = Measure(
    "guichet_ledger_away_workers",
    (),
    Words("Processes whose ledger does not answer.", "Processus dont le registre des compteurs ne répond pas."),
)

COUNTERS = (CALLS, REFUSALS, LINES_LOST, USAGE_LOST)
GAUGES = (
    WORKERS,
    IN_FLIGHT,
    WAITING,
    CLIENTS,
    TUNNELS,
    CONNECTIONS,
    TARGET_IN_FLIGHT,
    TARGET_STATE,
    LEDGER_AWAY,
)
"""What each process tells about once a second."""

MEASURES = (*COUNTERS, DURATION, USAGE_WAITING, *GAUGES)
