"""Every setting: its name, its default, and what it means in two languages. How each is read is in settings.py."""

from dataclasses import dataclass

from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment."""

    name: str
    default: str
    meaning: Words


DESCRIBED: tuple[Setting, ...] = (
    Setting(
        "GUICHET_PUBLIC_URL",
        "http://127.0.0.1:8000",
        Words(
            "The address that people and programs use to reach the store; it is the issuer of its tokens.",
            "L’adresse par laquelle les personnes et les programmes joignent le guichet; "
            "elle est l’émetteur des jetons.",
        ),
    ),
    Setting(
        "GUICHET_DATA",
        "var",
        Words(
            "The folder for everything that is written: database, ledger, usage journal, mail, keys.",
            "Le dossier de tout ce qui est écrit : base de données, compteurs, journal d’utilisation, courriels, clés.",
        ),
    ),
    Setting(
        "GUICHET_DATABASE_URL",
        "",
        Words(
            "The database, as an SQLAlchemy URL; empty means SQLite in the data folder.",
            "La base de données, sous forme d’URL SQLAlchemy; vide, c’est SQLite dans le dossier de données.",
        ),
    ),
    Setting(
        "GUICHET_LEDGER_URL",
        "",
        Words(
            "The ledger that several machines share, as redis://host, redis+sentinel://host,host/name or "
            "redis+cluster://host,host (rediss for TLS); empty means this machine’s own, in the data folder.",
            "Le registre des compteurs que plusieurs machines partagent, sous la forme redis://hôte, "
            "redis+sentinel://hôte,hôte/nom ou redis+cluster://hôte,hôte (rediss pour TLS); "
            "vide, celui de cette machine, dans le dossier de données.",
        ),
    ),
    Setting(
        "GUICHET_SECRET",
        "",
        Words(
            "The master secret that seals signing keys and the secrets of services, and signs form tokens, "
            "at least 32 characters; empty means one made once and kept in the data folder.",
            "Le secret maître qui scelle les clés de signature et les secrets des services, et signe les formulaires, "
            "d’au moins 32 caractères; vide, il est créé une fois et conservé dans le dossier de données.",
        ),
    ),
    Setting(
        "GUICHET_MAIL_URL",
        "file",
        Words(
            "Where mail goes: “file” writes it to the data folder and shows it on the terminal; "
            "smtp://user:password@host:port or smtps://… sends it.",
            "La destination des courriels : « file » les écrit dans le dossier de données et les affiche au terminal; "
            "smtp://utilisateur:motdepasse@hôte:port ou smtps://… les envoie.",
        ),
    ),
    Setting(
        "GUICHET_MAIL_FROM",
        "guichet@localhost",
        Words("The sender of the store’s mail.", "L’expéditeur des courriels du guichet."),
    ),
    Setting(
        "GUICHET_ALLOWED_NETWORKS",
        "",
        Words(
            "Networks that departments’ services may be on although they are loopback, link-local or private; "
            "CIDR blocks separated by commas.",
            "Les réseaux où peuvent se trouver les services des ministères bien qu’ils soient de bouclage, "
            "de lien local ou privés; blocs CIDR séparés par des virgules.",
        ),
    ),
    Setting(
        "GUICHET_TRUSTED_PROXIES",
        "0",
        Words(
            "How many proxies of yours stand in front; that many X-Forwarded-For entries are believed.",
            "Le nombre de vos mandataires placés devant; autant d’entrées X-Forwarded-For sont crues.",
        ),
    ),
    Setting(
        "GUICHET_MOST_CALLS",
        "2000",
        Words(
            "How many calls may wait for services in one worker; the next is told to come back in a second.",
            "Combien d’appels peuvent attendre des services dans un processus; le suivant est prié de revenir dans "
            "une seconde.",
        ),
    ),
    Setting(
        "GUICHET_DEFAULT_LIMITS",
        "",
        Words(
            "Limits that hold for a subscription where neither its plan nor its API says anything of that kind and "
            "period, such as 600/minute rolling:10000/day rate:20/second:40 concurrency:5/call; empty means none.",
            "Les limites d’un abonnement quand ni son forfait ni son API ne dit rien de ce genre et de cette période, "
            "comme 600/minute rolling:10000/day rate:20/second:40 concurrency:5/call; vide, il n’y en a aucune.",
        ),
    ),
    Setting(
        "GUICHET_METRICS",
        "",
        Words(
            "Where Prometheus finds the measures of all workers, as host:port (then /metrics); empty means nowhere.",
            "Où Prometheus trouve les mesures de tous les processus, sous la forme hôte:port (puis /metrics); "
            "vide, nulle part.",
        ),
    ),
    Setting(
        "GUICHET_ACCESS_LOG",
        "",
        Words(
            "Where a line of JSON is written for each request: the path of a file, or - for standard output; "
            "empty means nowhere.",
            "Où est écrite une ligne de JSON pour chaque requête : le chemin d’un fichier, ou - pour la sortie "
            "standard; vide, nulle part.",
        ),
    ),
    Setting(
        "GUICHET_COMPILED",
        "on",
        Words(
            "Whether what `make compiled` built is used where it fits; off means plain Python.",
            "Si ce que `make compiled` a bâti est utilisé quand il convient; off, c’est Python seul.",
        ),
    ),
    Setting(
        "GUICHET_KEEP_MINUTES",
        "48",
        Words(
            "For how many hours usage is kept by the minute; then it is summed up by the hour.",
            "Pendant combien d’heures l’utilisation est conservée à la minute; elle est ensuite totalisée à l’heure.",
        ),
    ),
    Setting(
        "GUICHET_KEEP_HOURS",
        "90",
        Words(
            "For how many days usage is kept by the hour; then it is summed up by the day.",
            "Pendant combien de jours l’utilisation est conservée à l’heure; elle est ensuite totalisée au jour.",
        ),
    ),
    Setting(
        "GUICHET_KEEP_DAYS",
        "13",
        Words(
            "For how many months (of 31 days) usage is kept by the day; then it is deleted.",
            "Pendant combien de mois (de 31 jours) l’utilisation est conservée au jour; elle est ensuite supprimée.",
        ),
    ),
    Setting(
        "GUICHET_KEEP_CALLS",
        "90",
        Words(
            "For how many days single calls are kept, of which there are the last 1,000 of each application.",
            "Pendant combien de jours les appels sont conservés un à un, soit les 1 000 derniers de chaque "
            "application.",
        ),
    ),
    Setting("GUICHET_SITE_NAME_EN", "Guichet", Words("The name shown in English.", "Le nom affiché en anglais.")),
    Setting("GUICHET_SITE_NAME_FR", "Guichet", Words("The name shown in French.", "Le nom affiché en français.")),
)
