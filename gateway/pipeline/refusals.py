"""Every way for a call to be refused: one table of code, status and words in both languages.

`Refusal` is the caller's matter, `Failure` the outside's; both leave as RFC 9457 problem documents made of
these rows.
The portal has a page for each row; `remedy` is what that page tells the reader to do.
"""

from typing import Any

from gateway.http.headers import Headers
from gateway.http.messages import Call, Reply
from gateway.http.problems import Problem, Row
from gateway.pipeline.snapshot import Version
from gateway.words import Words


class Refused(Exception):  # noqa: N818 - read aloud: "raise Refusal", "raise Failure"
    """A call that ends here, with its row, what fills the words, and the fields the answer carries.

    `proxy_error` says for machines how a service failed (RFC 9209 §2.3); it is empty for everything else.
    """

    def __init__(
        self,
        row: Row,
        *,
        version: Version | None = None,
        headers: Headers | None = None,
        members: dict[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """Name the row and fill its words; `version` is the API that was asked for, where that is all that is known."""
        super().__init__(row.code)
        self.row = row
        self.version = version
        self.headers = headers or Headers()
        self.members = members or {}
        self.detail = row.detail.fill(**values)
        self.proxy_error = ""

    def reply(self, call: Call, documentation: str) -> Reply:
        """The answer, in the caller's language."""
        problem = Problem(self.row.code, self.row.status, self.row.title, self.detail, call.request_id, self.members)
        return problem.reply(call.language, documentation, self.headers)


class Refusal(Refused):
    """The caller's matter: the department's service was sent nothing, or a request whose body was cut short."""


class Failure(Refused):
    """The outside's matter: a service, the ledger or the store let us down."""


def too_large(most: int) -> Refusal:
    """A body that is longer than it may be, in bytes; raised by whoever finds out."""
    return Refusal(BODY_TOO_LARGE, members={"max-bytes": most}, most=most)


_WAIT = Words("Wait for as long as Retry-After says, then try again.",
              "Attendez le temps indiqué par Retry-After, puis réessayez.")  # fmt: skip

# --- the address
MALFORMED = Row(
    "malformed-request", 400, Words("The request cannot be read", "La requête est illisible"),
    Words("{why_en}", "{why_fr}"),
    Words("Send a request that follows RFC 9112, with one valid Host field.",
          "Envoyez une requête conforme à la RFC 9112, avec un seul champ Host valide."),
)  # fmt: skip
CLIENT_LEFT = Row(
    "client-left", 400, Words("The connection ended too early", "La connexion s’est terminée trop tôt"),
    Words("It ended, or fell silent, before the whole request had arrived or the whole answer had left.",
          "Elle s’est terminée, ou est restée muette, avant que la requête soit arrivée en entier"
          " ou que la réponse soit partie en entier."),
    Words("Send the whole body and read the whole answer. A call that changes something may have been carried out.",
          "Envoyez le corps en entier et lisez la réponse jusqu’au bout."
          " Un appel qui modifie quelque chose a pu être exécuté."),
)  # fmt: skip
TARGET_TOO_LONG = Row(
    "address-too-long", 414, Words("The address is too long", "L’adresse est trop longue"),
    Words("The gateway takes addresses of up to 8190 bytes.",
          "La passerelle accepte des adresses d’au plus 8190 octets."),
    Words("Send long input in the body of the request.", "Envoyez les longues données dans le corps de la requête."),
)  # fmt: skip
FIELDS_TOO_LARGE = Row(
    "fields-too-large", 431, Words("The header fields are too large", "Les champs d’en-tête sont trop volumineux"),
    Words("The gateway takes up to 100 fields of 32 KiB altogether.",
          "La passerelle accepte jusqu’à 100 champs, de 32 Kio en tout."),
    Words("Send fewer or shorter header fields; cookies are not needed here.",
          "Envoyez moins de champs d’en-tête, ou de plus courts; les témoins (cookies) ne servent pas ici."),
)  # fmt: skip
EXPECTATION = Row(
    "unknown-expectation", 417, Words("The expectation cannot be met", "L’attente ne peut pas être satisfaite"),
    Words("The only expectation that the gateway knows is 100-continue.",
          "La seule attente que la passerelle connaît est 100-continue."),
    Words("Leave the Expect field out, or send 100-continue.", "Retirez le champ Expect, ou envoyez 100-continue."),
)  # fmt: skip
UNKNOWN_VERSION = Row(
    "unknown-http-version", 505,
    Words("This version of HTTP is not spoken here", "Cette version de HTTP n’est pas prise en charge ici"),
    Words("The gateway speaks HTTP/1.1 and HTTP/1.0.", "La passerelle parle HTTP/1.1 et HTTP/1.0."),
    Words("Use a client that speaks HTTP/1.1.", "Utilisez un client qui parle HTTP/1.1."),
)  # fmt: skip
TOO_SLOW = Row(
    "request-too-slow", 408, Words("The request did not arrive in time", "La requête n’est pas arrivée à temps"),
    Words("The head or the body of the request stopped arriving.",
          "L’en-tête ou le corps de la requête a cessé d’arriver."),
    Words("Send the request again, without pauses.", "Renvoyez la requête, sans pause."),
)  # fmt: skip
AMBIGUOUS_PATH = Row(
    "ambiguous-path", 400, Words("The path can be read in two ways", "Le chemin peut être lu de deux façons"),
    Words("A path segment is “.” or “..”, plain or percent-encoded, or hides one.",
          "Un segment du chemin est « . » ou « .. », en clair ou encodé, ou en cache un."),
    Words("Write the path without dot segments.", "Écrivez le chemin sans segments « . » ni « .. »."),
)  # fmt: skip
UNKNOWN_API = Row(
    "unknown-api", 404, Words("No such API", "API inconnue"),
    Words("No published API answers at this address.", "Aucune API publiée ne répond à cette adresse."),
    Words("Check the address on the API’s page in the catalogue.",
          "Vérifiez l’adresse sur la page de l’API, dans le catalogue."),
)  # fmt: skip
RETIRED = Row(
    "retired-version", 410, Words("This version is retired", "Cette version est retirée"),
    Words("Version {major} of “{api}” no longer answers.", "La version {major} de « {api} » ne répond plus."),
    Words("Use a newer version, named on the API’s page.",
          "Utilisez une version plus récente, indiquée sur la page de l’API."),
)  # fmt: skip
UNDECLARED_PATH = Row(
    "undeclared-path", 404, Words("The API has no such path", "Ce chemin n’existe pas dans l’API"),
    Words("The API’s document declares no operation at this path.",
          "Le document de l’API ne déclare aucune opération à ce chemin."),
    Words("Compare the path with the operations on the API’s reference page.",
          "Comparez le chemin aux opérations de la page de référence de l’API."),
)  # fmt: skip
UNDECLARED_METHOD = Row(
    "undeclared-method", 405, Words("The path does not take this method", "Ce chemin n’accepte pas cette méthode"),
    Words("This path takes: {allowed}.", "Ce chemin accepte : {allowed}."),
    Words("Use one of the methods in the Allow field.", "Utilisez l’une des méthodes du champ Allow."),
)  # fmt: skip
LOOP = Row(
    "loop-detected", 508, Words("The call came back to us", "L’appel est revenu vers nous"),
    Words("This gateway already forwarded this call.", "Cette passerelle a déjà transmis cet appel."),
    Words("The department’s base URL leads back to the gateway; tell the department.",
          "L’URL de base du ministère ramène à la passerelle; prévenez le ministère."),
)  # fmt: skip

# --- who is calling
NO_CREDENTIALS = Row(
    "no-credentials", 401, Words("The call carries no credentials", "L’appel ne porte aucun justificatif"),
    Words("Send an access token in the Authorization field, or an API key in X-API-Key where the plan allows one.",
          "Envoyez un jeton d’accès dans le champ Authorization, ou une clé d’API dans X-API-Key"
          " si le forfait le permet."),
    Words("Get a token with your application’s client id and secret at /oauth/token.",
          "Obtenez un jeton à /oauth/token avec l’identifiant et le secret de votre application."),
)  # fmt: skip
TWO_CREDENTIALS = Row(
    "two-credentials", 400,
    Words("The call carries two kinds of credentials", "L’appel porte deux sortes de justificatifs"),
    Words("Send either one access token or one API key, once.",
          "Envoyez soit un jeton d’accès, soit une clé d’API, une seule fois."),
    Words("Remove one of the two fields.", "Retirez l’un des deux champs."),
)  # fmt: skip
KEY_IN_URL = Row(
    "key-in-url", 400,
    Words("Credentials do not belong in an address", "Un justificatif n’a pas sa place dans une adresse"),
    Words("The query holds “{name}”. Addresses are written to logs and histories.",
          "La requête contient « {name} ». Les adresses se retrouvent dans les journaux et les historiques."),
    Words("Send the key in the X-API-Key field, and replace the one that was in the address.",
          "Envoyez la clé dans le champ X-API-Key, et remplacez celle qui figurait dans l’adresse."),
)  # fmt: skip
INVALID_TOKEN = Row(
    "invalid-token", 401, Words("The access token is not valid", "Le jeton d’accès n’est pas valide"),
    Words("It was not issued by this store, or it was altered.",
          "Il n’a pas été émis par ce guichet, ou il a été modifié."),
    Words("Get a new token at /oauth/token and send it whole.",
          "Obtenez un nouveau jeton à /oauth/token et envoyez-le en entier."),
)  # fmt: skip
EXPIRED_TOKEN = Row(
    "expired-token", 401, Words("The access token has expired", "Le jeton d’accès est expiré"),
    Words("Tokens live one hour.", "Un jeton vaut une heure."),
    Words("Get a new token at /oauth/token.", "Obtenez un nouveau jeton à /oauth/token."),
)  # fmt: skip
WRONG_AUDIENCE = Row(
    "wrong-audience", 401, Words("The access token is for another API", "Le jeton d’accès vise une autre API"),
    Words("This API is “{api}”; the token does not name it."
          " Subscribe the application to it, then ask for a new token.",
          "Cette API est « {api} »; le jeton ne la nomme pas."
          " Abonnez-y l’application, puis demandez un nouveau jeton."),
    Words("Subscribe on the API’s page if the application is not subscribed yet, then ask for a new token at"
          " /oauth/token: without scope it names every API of the application, with scope only those it lists.",
          "Abonnez-vous à partir de la page de l’API si l’application ne l’est pas encore, puis demandez un"
          " nouveau jeton à /oauth/token : sans scope, il nomme chaque API de l’application;"
          " avec scope, celles qui y figurent."),
)  # fmt: skip
INSUFFICIENT_SCOPE = Row(
    "insufficient-scope", 403,
    Words("The access token’s scope is too narrow", "La portée du jeton d’accès est trop étroite"),
    Words("This operation needs the scope {scope}. Ask for a new token that has it.",
          "Cette opération exige la portée {scope}. Demandez un nouveau jeton qui la comporte."),
    Words("Ask for a token with that scope.", "Demandez un jeton avec cette portée."),
)  # fmt: skip
INVALID_KEY = Row(
    "invalid-key", 401, Words("The API key is not valid", "La clé d’API n’est pas valide"),
    Words("It is unknown, was revoked or has expired.", "Elle est inconnue, révoquée ou expirée."),
    Words("Use a current key of your application.", "Utilisez une clé en vigueur de votre application."),
)  # fmt: skip
CREDENTIAL_ENDED = Row(
    "credential-ended", 401,
    Words("The credential was revoked or has expired", "Le justificatif est révoqué ou expiré"),
    Words("The secret that this token came from may no longer be used.",
          "Le secret qui a servi à obtenir ce jeton ne peut plus être utilisé."),
    Words("Get a token with a current secret of your application.",
          "Obtenez un jeton avec un secret en vigueur de votre application."),
)  # fmt: skip

# --- what they may do
APPLICATION_SUSPENDED = Row(
    "application-suspended", 403, Words("The application is suspended", "L’application est suspendue"),
    Words("An operator suspended this application, or it was closed.",
          "Un exploitant a suspendu cette application, ou elle a été fermée."),
    Words("The application’s page says why, and whom to answer.",
          "La page de l’application en donne la raison et à qui répondre."),
)  # fmt: skip
NOT_SUBSCRIBED = Row(
    "not-subscribed", 403,
    Words("The application is not subscribed to this API", "L’application n’est pas abonnée à cette API"),
    Words("It has no subscription in force to “{api}”. Subscribe on the API’s page, then call again.",
          "Elle n’a pas d’abonnement en vigueur à « {api} »."
          " Abonnez-vous sur la page de l’API, puis refaites l’appel."),
    Words("Subscribe on the API’s page.", "Abonnez-vous à partir de la page de l’API."),
)  # fmt: skip
SUBSCRIPTION_SUSPENDED = Row(
    "subscription-suspended", 403, Words("The subscription is suspended", "L’abonnement est suspendu"),
    Words("The subscription to “{api}” is suspended.", "L’abonnement à « {api} » est suspendu."),
    Words("The application’s page says why.", "La page de l’application en donne la raison."),
)  # fmt: skip
KEY_NOT_ALLOWED = Row(
    "key-not-allowed", 403, Words("This plan does not take API keys", "Ce forfait n’accepte pas les clés d’API"),
    Words("Calls under this plan need an access token.", "Sous ce forfait, les appels exigent un jeton d’accès."),
    Words("Get a token at /oauth/token.", "Obtenez un jeton à /oauth/token."),
)  # fmt: skip
QUOTA_SPENT = Row(
    "quota-spent", 429, Words("The plan’s limit is reached", "La limite du forfait est atteinte"),
    Words("The limit of the plan “{plan}” is {limit}, and it is used up. Try again in {seconds} seconds.",
          "La limite du forfait « {plan} » est de {limit}, et elle est épuisée. Réessayez dans {seconds} secondes."),
    Words("Wait as long as the Retry-After field says; the member “more” leads to where more can be asked for.",
          "Attendez le temps indiqué par le champ Retry-After; le membre « more » mène là où en demander plus."),
)  # fmt: skip
API_QUOTA_SPENT = Row(
    "api-quota-spent", 429, Words("The API takes no more calls now", "L’API ne prend plus d’appels pour l’instant"),
    Words("This API takes {limit}, and they are used up. Try again in {seconds} seconds.",
          "Cette API accepte {limit}, et ils sont épuisés. Réessayez dans {seconds} secondes."),
    Words("Wait as long as the Retry-After field says: this limit protects the service from all callers together.",
          "Attendez le temps indiqué par Retry-After : cette limite protège le service de l’ensemble des appelants."),
)  # fmt: skip
TOO_MANY_AT_ONCE = Row(
    "too-many-at-once", 429, Words("Too many calls are under way", "Trop d’appels sont en cours"),
    Words("The limit is {limit}, and as many are. Nothing was spent; call again when one of them has ended.",
          "La limite est de {limit}, et elle est atteinte. Rien n’a été décompté; refaites l’appel quand l’un d’eux"
          " sera terminé."),
    Words("Wait for an answer before you send the next call. There is no Retry-After: nobody knows when a call ends.",
          "Attendez une réponse avant d’envoyer l’appel suivant. Il n’y a pas de Retry-After : nul ne sait quand un"
          " appel se termine."),
)  # fmt: skip
BODY_TOO_LARGE = Row(
    "body-too-large", 413, Words("The body is too large", "Le corps est trop volumineux"),
    Words("This API takes bodies of up to {most} bytes.", "Cette API accepte des corps d’au plus {most} octets."),
    Words("Send less at once; the API’s page may say how.",
          "Envoyez-en moins à la fois; la page de l’API dit peut-être comment."),
)  # fmt: skip

# --- the outside
UPSTREAM_UNREACHABLE = Row(
    "upstream-unreachable", 502,
    Words("The department’s service cannot be reached", "Le service du ministère est injoignable"),
    Words("The call reached the gateway, but the service behind it did not answer.",
          "L’appel est parvenu à la passerelle, mais le service qui se trouve derrière n’a pas répondu."),
    Words("Try again later; the request id helps the department to find the call.",
          "Réessayez plus tard; l’identifiant de la requête aide le ministère à retrouver l’appel."),
)  # fmt: skip
UPSTREAM_BROKEN = Row(
    "upstream-broken", 502, Words("The department’s service answered wrongly", "Le service du ministère a mal répondu"),
    Words("Its answer broke the rules of HTTP, or broke off, and was not passed on to its end.",
          "Sa réponse enfreint les règles de HTTP, ou s’est interrompue, et n’a pas été transmise jusqu’au bout."),
    Words("Tell the department, with the request id.", "Prévenez le ministère en donnant l’identifiant de la requête."),
)  # fmt: skip
REPLY_TOO_LONG = Row(
    "reply-too-long", 502,
    Words("The department’s service answered at too great a length",
          "La réponse du service du ministère est trop longue"),
    Words("A rule of this API looks at whole answers, of up to {most} bytes; this one is longer.",
          "Une règle de cette API examine les réponses en entier, jusqu’à {most} octets; celle-ci est plus longue."),
    Words("Ask for less at once. A call that changes something may have been carried out.",
          "Demandez-en moins à la fois. Un appel qui modifie quelque chose a pu être exécuté."),
)  # fmt: skip
UPSTREAM_RESTING = Row(
    "upstream-resting", 503, Words("The department’s service is out of order", "Le service du ministère est en panne"),
    Words("It failed too often and is left alone for a moment; nothing was passed on."
          " The call may be made again in {seconds} seconds.",
          "Il a échoué trop souvent et n’est plus sollicité pour un moment; rien n’a été transmis."
          " L’appel peut être refait dans {seconds} secondes."),
    _WAIT,
)  # fmt: skip
API_TOO_BUSY = Row(
    "api-too-busy", 503,
    Words("Too many calls wait for the department’s service", "Trop d’appels attendent le service du ministère"),
    Words("It answers more slowly than calls come. This one was not passed on, and nothing was spent of your plan."
          " The call may be made again in {seconds} seconds.",
          "Il répond moins vite que les appels n’arrivent. Celui-ci n’a pas été transmis, et rien n’a été décompté de"
          " votre forfait. L’appel peut être refait dans {seconds} secondes."),
    _WAIT,
)  # fmt: skip
UPSTREAM_TIMEOUT = Row(
    "upstream-timeout", 504, Words("The department’s service took too long", "Le service du ministère a trop tardé"),
    Words("No answer came within {seconds} seconds.", "Aucune réponse n’est venue en {seconds} secondes."),
    Words("Try again later. A call that changes something may have been carried out.",
          "Réessayez plus tard. Un appel qui modifie quelque chose a pu être exécuté."),
)  # fmt: skip
LEDGER_AWAY = Row(
    "ledger-away", 503,
    Words("Calls cannot be counted right now", "Le décompte des appels est momentanément impossible"),
    Words("The limits of the plan cannot be checked, so the call was not passed on.",
          "Les limites du forfait ne peuvent pas être vérifiées; l’appel n’a donc pas été transmis."),
    Words("Try again in a few seconds.", "Réessayez dans quelques secondes."),
)  # fmt: skip
RATIONED = Row(
    "calls-rationed", 429, Words("Calls are rationed for a moment", "Les appels sont rationnés pour un moment"),
    Words("The count of calls is out of reach, and what was set aside for that is used up; nothing was passed on.",
          "Le décompte est injoignable, et ce qui était réservé pour ce cas est épuisé; rien n’a été transmis."),
    _WAIT,
)  # fmt: skip
STORE_AWAY = Row(
    "store-away", 503,
    Words("Credentials cannot be checked right now", "La vérification des justificatifs est momentanément impossible"),
    Words("The store of applications does not answer, so the call was not passed on.",
          "Le registre des applications ne répond pas; l’appel n’a donc pas été transmis."),
    Words("Try again in a few seconds.", "Réessayez dans quelques secondes."),
)  # fmt: skip

# --- the gateway itself
OVERLOADED = Row(
    "overloaded", 503,
    Words("The gateway has all the calls it can carry", "La passerelle a tous les appels qu’elle peut porter"),
    Words("Nothing was passed on; the call may be made again in {seconds} seconds.",
          "Rien n’a été transmis; l’appel peut être refait dans {seconds} secondes."),
    _WAIT,
)  # fmt: skip
PLUGIN_MISSING = Row(
    "plugin-missing", 503,
    Words("The API’s rules cannot be applied right now", "Les règles de l’API sont momentanément inapplicables"),
    Words("Its department chose a rule that this gateway cannot apply, so the call was not passed on.",
          "Son ministère a choisi une règle que cette passerelle ne peut pas appliquer;"
          " l’appel n’a donc pas été transmis."),
    Words("Try again later; if it happens again, report the request id.",
          "Réessayez plus tard; si l’erreur se répète, signalez l’identifiant de la requête."),
)  # fmt: skip
PLUGIN_FAILED = Row(
    "plugin-failed", 500, Words("A rule of the API broke down", "Une règle de l’API a fait défaut"),
    Words("A rule that its department chose failed on our side. The request id leads us to the cause.",
          "Une règle que son ministère a choisie a échoué de notre côté."
          " L’identifiant de la requête nous mène à la cause."),
    Words("Report the request id. A call that changes something may have been carried out.",
          "Signalez l’identifiant de la requête. Un appel qui modifie quelque chose a pu être exécuté."),
)  # fmt: skip
INTERNAL = Row(
    "internal-error", 500, Words("Something went wrong on our side", "Une erreur est survenue de notre côté"),
    Words("The call was not carried out. The request id leads us to the cause.",
          "L’appel n’a pas été exécuté. L’identifiant de la requête nous mène à la cause."),
    Words("Try again; if it happens again, report the request id.",
          "Réessayez; si l’erreur se répète, signalez l’identifiant de la requête."),
)  # fmt: skip

TABLE: tuple[Row, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Row))
"""All the rows, in the order of this file. A plugin brings its own rows (gateway/plugin)."""

BY_CODE = {row.code: row for row in TABLE}
"""The rows by code."""

FAILURES = frozenset(
    row.code
    for row in (
        UPSTREAM_UNREACHABLE, UPSTREAM_BROKEN, UPSTREAM_RESTING, API_TOO_BUSY, UPSTREAM_TIMEOUT, REPLY_TOO_LONG,
        LEDGER_AWAY, RATIONED, STORE_AWAY, OVERLOADED, PLUGIN_MISSING, PLUGIN_FAILED, INTERNAL,
    )
)  # fmt: skip
"""The codes that are nobody's who calls: a call that ends with one was let down; with any other, it was refused."""
