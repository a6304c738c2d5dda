"""/v1/versions/…/upstream: where a version's calls go, how its service is reached, and the proof it can ask for."""

from typing import Any

from flask import Response
from marshmallow import fields, pre_dump

from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Flag, Number, Several, Shown, Text, Whole, about
from gateway.management.resources import french, needs, resource
from gateway.pipeline.service import Check, Waits
from gateway.services import upstreams
from gateway.services.upstream_laws import LONGEST_PEM, LONGEST_URL, MOST_TARGETS, RANGES, Place, Upstream
from gateway.store.catalogue import Environment
from gateway.words import Words

blueprint = resource(
    Words("Upstreams", "Serveurs en amont"),
    Words(
        "Where the calls of a version go, and how its service is reached",
        "Où vont les appels d’une version, et comment son service est joint",
    ),
)

_OBJECT: dict[str, Any] = {"null": "null", "type": "object", "invalid": "object"}
_PEM = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"


def _number(path: tuple[str, ...], en: str, fr: str, example: float) -> dict[str, Any]:
    """The words of a number, with the limits that the service holds it to."""
    least, most = RANGES[path]
    return about(en, fr, example=example, minimum=least, maximum=most)


BASE_URL = about(
    "The base URL; the paths of the document are added to it.",
    "L’URL de base; les chemins du document s’y ajoutent.",
    example="https://service.example.ca/v1",
)
WEIGHT = _number(
    ("targets", "weight"), "Its share of the calls beside the others.", "Sa part des appels, à côté des autres.", 1
)
CONNECT = _number(
    ("waits", "connect"),
    "Seconds to find the address, connect, and agree on TLS.",
    "Secondes pour trouver l’adresse, se connecter et convenir de TLS.",
    3,
)
FIRST_BYTE = _number(
    ("waits", "first_byte"), "Seconds until the answer begins.", "Secondes avant que la réponse commence.", 30
)
IDLE = _number(
    ("waits", "idle"), "Seconds between two pieces of the answer.", "Secondes entre deux morceaux de la réponse.", 30
)
TOTAL = _number(
    ("waits", "total"),
    "Seconds for the whole call, with every try; null: no bound.",
    "Secondes pour l’appel entier, avec tous ses essais; null : sans limite.",
    120,
)
RETRIES = about(
    "How often a call may be tried again, where that can do no harm.",
    "Combien de fois un appel peut être réessayé, là où cela ne peut pas nuire.",
    example=1,
)
CHECKED_PATH = about(
    "What is asked of each address with GET, below its base URL; an answer below 400 is good.",
    "Ce qui est demandé à chaque adresse par GET, sous son URL de base; une réponse sous 400 est bonne.",
    example="/health",
)
EVERY = _number(("check", "every"), "Seconds between two checks.", "Secondes entre deux vérifications.", 10)
TIMEOUT = _number(
    ("check", "timeout"), "Seconds that a check may take.", "Secondes que peut prendre une vérification.", 2
)
AUTHORITIES = about(
    "The authorities to trust instead of the system’s, as PEM.",
    "Les autorités de certification acceptées à la place de celles du système, en PEM.",
    example=_PEM,
)
CERTIFICATE = about(
    "The certificate that the gateway shows, and those that lead to its authority, as PEM.",
    "Le certificat que montre la passerelle, et ceux qui mènent à son autorité, en PEM.",
    example=_PEM,
)
KEY = about(
    "The certificate’s private key, as PEM. It is never shown; left out, the one that is kept stays.",
    "La clé privée du certificat, en PEM. Elle n’est jamais montrée; omise, celle qui est conservée demeure.",
    example="-----BEGIN PRIVATE KEY-----\nMIGH…\n-----END PRIVATE KEY-----\n",
)
MOST_IN_FLIGHT = about(
    "How many calls one worker of the gateway has under way at the service, at most.",
    "Combien d’appels un processus de la passerelle a en cours auprès du service, au plus.",
    example=256,
)
ALLOWS_UPGRADE = about(
    "Whether a connection may become another protocol’s, such as WebSocket.",
    "Si une connexion peut passer à un autre protocole, comme WebSocket.",
    example=False,
)
PROOF_MADE_AT = about(
    "When the secret of the proof was made; null: nothing is signed.",
    "Quand le secret de la preuve a été créé; null : rien n’est signé.",
)
UNKNOWN_HOSTS = about(
    "The hosts that no name server knows now; calls to them fail until one does.",
    "Les hôtes qu’aucun serveur de noms ne connaît en ce moment; les appels y échouent d’ici là.",
    example=[],
)


class TargetBody(Body):
    """One address of the service."""

    base_url = Text(LONGEST_URL, required=True, metadata=BASE_URL)
    weight = Whole(1, int(RANGES["targets", "weight"][1]), load_default=1, metadata=WEIGHT)


class WaitsBody(Body):
    """How long a call waits, in seconds."""

    connect = Number(load_default=Waits().connect, metadata=CONNECT)
    first_byte = Number(load_default=Waits().first_byte, metadata=FIRST_BYTE)
    idle = Number(load_default=Waits().idle, metadata=IDLE)
    total = Number(load_default=None, allow_none=True, metadata=TOTAL)


class CheckBody(Body):
    """What is asked of each address to learn how it is."""

    path = Text(LONGEST_URL, required=True, metadata=CHECKED_PATH)
    every = Number(load_default=Check("/").every, metadata=EVERY)
    timeout = Number(load_default=Check("/").timeout, metadata=TIMEOUT)


class TlsBody(Body):
    """Whom we trust, and what we show."""

    authorities = Text(LONGEST_PEM["authorities"], load_default=None, allow_none=True, metadata=AUTHORITIES)
    certificate = Text(LONGEST_PEM["certificate"], load_default=None, allow_none=True, metadata=CERTIFICATE)
    key = Text(LONGEST_PEM["key"], load_default=None, allow_none=True, load_only=True, metadata=KEY)


class UpstreamBody(Body):
    """All that is said of how a service is reached; what is left out is as if it had never been said."""

    targets = Several(fields.Nested(TargetBody, error_messages=_OBJECT), MOST_TARGETS, required=True)
    waits = fields.Nested(WaitsBody, load_default=lambda: WaitsBody().load({}), error_messages=_OBJECT)
    retries = Whole(0, int(RANGES["retries",][1]), load_default=1, metadata=RETRIES)
    check = fields.Nested(CheckBody, load_default=None, allow_none=True, error_messages=_OBJECT)
    tls = fields.Nested(TlsBody, load_default=None, allow_none=True, error_messages=_OBJECT)
    most_in_flight = Whole(1, int(RANGES["most_in_flight",][1]), load_default=256, metadata=MOST_IN_FLIGHT)
    allows_upgrade = Flag(load_default=False, metadata=ALLOWS_UPGRADE)


class CertificateShown(Shown):
    """What may be told of a certificate: its subject (RFC 4514), when it ends, its SHA-256."""

    subject = fields.String(metadata=about("Whom it names (RFC 4514).", "Qui il nomme (RFC 4514)."))
    expires_at = fields.AwareDateTime(metadata=about("When it ends.", "Quand il prend fin."))
    sha256 = fields.String(metadata=about("Its SHA-256, in hexadecimal.", "Son SHA-256, en hexadécimal."))


class AboutShown(Shown):
    """What is known of it besides what was said."""

    certificate = fields.Nested(CertificateShown, allow_none=True)
    proof_made_at = fields.AwareDateTime(allow_none=True, metadata=PROOF_MADE_AT)
    unknown_hosts = fields.List(fields.String(), metadata=UNKNOWN_HOSTS)


class UpstreamShown(UpstreamBody):
    """How a service is reached, as it was said, without the key; `about` is not sent back."""

    about = fields.Nested(AboutShown, dump_only=True)

    @pre_dump
    def told(self, environment: Environment, **_options: Any) -> dict[str, Any]:
        """In the shape in which it is said."""
        said = upstreams.said_of(environment)
        certified = said.authorities or said.certificate
        return {
            "targets": said.targets,
            "waits": said.waits,
            "retries": said.retries,
            "check": said.check,
            "tls": {"authorities": said.authorities or None, "certificate": said.certificate or None}
            if certified
            else None,
            "most_in_flight": said.most_in_flight,
            "allows_upgrade": said.allows_upgrade,
            "about": {
                "certificate": upstreams.identity_of(environment),
                "proof_made_at": environment.proof_made_at,
                "unknown_hosts": upstreams.unknown_hosts(environment, house().policy),
            },
        }


class ProofMade(Shown):
    """The secret of the proof, shown this once; its letters are the key of the signatures."""

    secret = fields.String(
        metadata=about("The secret itself.", "Le secret lui-même.", example="gcp_…"),
    )


@blueprint.route("/versions/<version_id>/upstream", methods=["GET"])
@blueprint.response(200, UpstreamShown)
@needs(blueprint, Permission.READ_DRAFTS)
@french(
    blueprint,
    "Lire où vont les appels",
    "Et comment le service d’une version est joint.",
)
def read(version_id: str) -> Response:
    """Read where calls go.

    And how the service of a version is reached.
    """
    with house().database.read() as session:
        environment = upstreams.readable_upstream(session, actor(), version_id)
        if environment is None:
            raise DomainError(NOT_FOUND)
        return shown(UpstreamShown, environment)


@blueprint.route("/versions/<version_id>/upstream", methods=["PUT"])
@blueprint.arguments(UpstreamBody)
@blueprint.response(200, UpstreamShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Dire où vont les appels",
    "Et comment le service d’une version est joint, à la place de tout ce qui avait été dit.",
)
def replace(body: dict[str, Any], version_id: str) -> Response:
    """Say where calls go.

    And how the service of a version is reached, in place of all that was said before.
    """
    with house().database.begin() as session:
        environment = upstreams.set_upstream(
            session,
            actor(),
            version_id,
            _said_in(body),
            policy=house().policy,
            sealer=house().sealer,
            expected_version=expected_version(),
        )
    # Shown when it is kept: names are looked up meanwhile, and nobody's change waits for them.
    with house().database.read() as session:
        return shown(UpstreamShown, session.get_one(Environment, environment.id))


@blueprint.route("/versions/<version_id>/upstream/proof", methods=["POST"])
@blueprint.response(201, ProofMade)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Créer le secret de la preuve",
    "Il signe ce qui est envoyé au service, à la place de tout secret antérieur, et n’est montré que cette fois.",
)
def renew_proof(version_id: str) -> Response:
    """Make the secret of the proof.

    It signs what is sent to the service, in place of any before it, and is shown this once.
    """
    with house().database.begin() as session:
        secret = upstreams.renew_proof(session, actor(), version_id, sealer=house().sealer)
        return shown(ProofMade, {"secret": secret}, 201, location=f"/v1/versions/{version_id}/upstream")


@blueprint.route("/versions/<version_id>/upstream/proof", methods=["DELETE"])
@blueprint.response(204)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Ne plus signer",
    "Ce qui est envoyé au service ne porte plus de signature.",
)
def drop_proof(version_id: str) -> Response:
    """Sign nothing any more.

    What is sent to the service carries no signature from now on.
    """
    with house().database.begin() as session:
        upstreams.drop_proof(session, actor(), version_id)
    return Response(status=204)


def _said_in(body: dict[str, Any]) -> Upstream:
    tls = body["tls"] or {}
    return Upstream(
        targets=tuple(Place(**each) for each in body["targets"]),
        waits=Waits(**body["waits"]),
        retries=body["retries"],
        check=Check(**body["check"]) if body["check"] else None,
        authorities=tls.get("authorities") or "",
        certificate=tls.get("certificate") or "",
        key=tls.get("key") or "",
        most_in_flight=body["most_in_flight"],
        allows_upgrade=body["allows_upgrade"],
    )
